"""The methods of the Bot API that the bot may call."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.messengers.telegram.limits import (
    DOWNLOAD_BYTES,
    FILE_BYTES,
    Refused,
    bad,
    check_caption,
    check_commands,
    check_markup,
    check_photo,
    check_text,
)
from tests.messengers.telegram.world import BOT_ID, Chat, Kept, Message, Sent, World

__all__ = ["METHODS", "SENDS", "Call", "Methods"]

_ACTIONS = {"typing", "upload_photo", "upload_document", "upload_video"}
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_QUERY_LIVES = 15 * 60
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


@dataclass
class Call:
    """A request: its method's fields as strings, its files by name."""

    fields: dict[str, str]
    files: dict[str, tuple[str, bytes]]

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number."""
        raw = self.fields.get(name)
        if raw is None and default is not None:
            return default
        try:
            return int(raw or "")
        except ValueError:
            raise bad(f"{name} must be a number, not {raw!r}") from None

    def flag(self, name: str) -> bool:
        """A Boolean."""
        return self.fields.get(name, "").lower() in ("true", "1")


class Methods:
    """Each method by its name in snake case; raises `Refused`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.webhook: dict[str, Any] = {}
        self.polling: asyncio.Future[None] | None = None

    async def get_me(self, _: Call) -> Any:
        """Who the bot is."""
        return self.world.user(BOT_ID) | {"can_read_all_group_messages": True}

    async def get_updates(self, call: Call) -> Any:
        """Long polling: confirms what is below `offset`, waits up to `timeout` seconds."""
        if self.webhook:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self._allow(call)
        offset, limit = call.number("offset", 0), call.number("limit", 100)
        if not 1 <= limit <= 100:
            raise bad("limit must be 1-100")
        if self.polling is not None:
            self.polling.cancel()  # the newer call wins
        mine = self.polling = asyncio.get_running_loop().create_future()
        updates = self.world.updates
        for id in [id for id in updates if id < offset]:
            del updates[id]
        await self.world.changed()
        waiting = asyncio.ensure_future(
            self.world.until(lambda: bool(updates), max(0.001, call.number("timeout", 0)))
        )
        await asyncio.wait([waiting, mine], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if mine.cancelled():
            raise Refused(409, "Conflict: terminated by other getUpdates request")
        self.polling = None
        return list(updates.values())[:limit]

    async def set_webhook(self, call: Call) -> Any:
        """Where updates are posted to from now on."""
        url, secret = call.fields.get("url", ""), call.fields.get("secret_token", "")
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise bad("bad webhook: an HTTPS URL must be provided for webhook")
        if secret and not _SECRET.fullmatch(secret):
            raise bad("secret token contains unallowed characters")
        self._allow(call)
        if call.flag("drop_pending_updates"):
            self.world.updates.clear()
        self.webhook = {"url": url, "secret": secret} if url else {}
        await self.world.changed()
        return True

    async def delete_webhook(self, call: Call) -> Any:
        """Back to long polling."""
        self.webhook = {}
        if call.flag("drop_pending_updates"):
            self.world.updates.clear()
        return True

    async def get_webhook_info(self, _: Call) -> Any:
        """What is set."""
        return {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.world.updates),
        }

    async def set_my_commands(self, call: Call) -> Any:
        """The menu, by scope and language."""
        commands = json.loads(call.fields["commands"])
        check_commands(commands)
        scope = json.loads(call.fields.get("scope", "{}")).get("type", "default")
        self.world.commands[scope, call.fields.get("language_code", "")] = commands
        await self.world.changed()
        return True

    async def send_message(self, call: Call) -> Any:
        """Words."""
        check_text(call.fields.get("text", ""))
        return await self._send("sendMessage", call, text=call.fields["text"])

    async def send_photo(self, call: Call) -> Any:
        """A photo, squeezed."""
        kept = self._input(call, call.fields.get("photo", ""), "photo")
        check_photo(kept.content, kept.size)
        check_caption(call.fields.get("caption", ""))
        return await self._send("sendPhoto", call, text=call.fields.get("caption", ""), photo=kept)

    async def send_document(self, call: Call) -> Any:
        """A file as it is."""
        return await self._send_file("sendDocument", "document", call)

    async def send_animation(self, call: Call) -> Any:
        """A GIF or a silent MP4."""
        return await self._send_file("sendAnimation", "animation", call)

    async def send_video(self, call: Call) -> Any:
        """An MP4."""
        return await self._send_file("sendVideo", "video", call)

    async def send_media_group(self, call: Call) -> Any:
        """An album of 2–10 photos, or of 2–10 documents."""
        media = json.loads(call.fields["media"])
        if not 2 <= len(media) <= 10:
            raise bad("the number of media in an album must be 2-10")
        kinds = {each["type"] for each in media}
        if not (kinds <= {"photo", "video"} or kinds == {"document"}):
            raise bad(f"{kinds} can't be sent in one album")
        inputs = [self._input(call, each["media"], each["type"]) for each in media]
        for each, kept in zip(media, inputs, strict=True):
            check_caption(each.get("caption", ""))
            if each["type"] == "photo":
                check_photo(kept.content, kept.size)
        group = f"album-{self.world.number()}"
        sent = []
        for each, kept in zip(media, inputs, strict=True):
            extra = (
                {"photo": kept} if each["type"] == "photo" else {"kind": each["type"], "file": kept}
            )
            text = each.get("caption", "")
            sent.append(await self._send("sendMediaGroup", call, text=text, group=group, **extra))
        return sent

    async def edit_message_text(self, call: Call) -> Any:
        """Other words under a message of words."""
        message = self._mine(call)
        if message.kind != "text":
            raise bad("there is no text in the message to edit")
        check_text(call.fields.get("text", ""))
        return await self._edit(message, call, text=call.fields["text"])

    async def edit_message_caption(self, call: Call) -> Any:
        """Another caption."""
        message = self._mine(call)
        if message.file is None:
            raise bad("there is no caption in the message to edit")
        check_caption(call.fields.get("caption", ""))
        return await self._edit(message, call, text=call.fields.get("caption", ""))

    async def edit_message_media(self, call: Call) -> Any:
        """Another picture, also in place of words."""
        message = self._mine(call)
        media = json.loads(call.fields["media"])
        check_caption(media.get("caption", ""))
        kept = self._input(call, media["media"], media["type"])
        if media["type"] == "photo":
            check_photo(kept.content, kept.size)
        before = message.file and message.file.content
        if media["type"] == "photo":
            self.world.set_photo(message, kept.content)
        else:
            message.kind, message.file, message.small = media["type"], kept, None
        changed = message.file is not None and message.file.content != before
        return await self._edit(message, call, text=media.get("caption", ""), changed=changed)

    async def edit_message_reply_markup(self, call: Call) -> Any:
        """Other buttons."""
        message = self._mine(call)
        return await self._edit(message, call, text=message.text)

    async def delete_message(self, call: Call) -> Any:
        """Take one of the bot's messages away."""
        chat = self._chat(call)
        message = chat.messages.get(call.number("message_id"))
        if message is None:
            raise bad("message to delete not found")
        if message.author != BOT_ID:
            raise bad("message can't be deleted")
        del chat.messages[message.id]
        await self.world.changed()
        return True

    async def answer_callback_query(self, call: Call) -> Any:
        """End the spinner on a pressed button."""
        query = self.world.queries.pop(call.fields.get("callback_query_id", ""), None)
        if query is None or query[1] < self.world.clock() - _QUERY_LIVES:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if len(call.fields.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        self.world.answers.append(dict(call.fields))
        await self.world.changed()
        return True

    async def send_chat_action(self, call: Call) -> Any:
        """ "typing", "upload_photo" …, for five seconds."""
        action = call.fields["action"]
        if action not in _ACTIONS:
            raise bad("wrong parameter action in request")
        self._chat(call).actions.append(action)
        return True

    async def get_file(self, call: Call) -> Any:
        """Where a file can be fetched from; at most 20 MB."""
        kept = self.world.files.get(call.fields.get("file_id", ""))
        if kept is None:
            raise bad("invalid file_id")
        if len(kept.content) > DOWNLOAD_BYTES:
            raise bad("file is too big")
        return {
            "file_id": kept.id,
            "file_unique_id": f"u{kept.id}",
            "file_size": len(kept.content),
            "file_path": f"{kept.kind}s/{kept.id}",
        }

    async def _send_file(self, method: str, kind: str, call: Call) -> Any:
        kept = self._input(call, call.fields.get(kind, ""), kind)
        check_caption(call.fields.get("caption", ""))
        text = call.fields.get("caption", "")
        return await self._send(method, call, text=text, kind=kind, file=kept)

    async def _send(
        self, method: str, call: Call, *, photo: Kept | None = None, **fields: Any
    ) -> dict[str, Any]:
        chat = self._chat(call)
        reply = json.loads(call.fields.get("reply_parameters", "{}"))
        reply_to = reply.get("message_id")
        if reply_to is not None and reply_to not in chat.messages:
            if not reply.get("allow_sending_without_reply"):
                raise bad("message to be replied not found")
            reply_to = None
        markup = check_markup(call.fields.get("reply_markup"))
        message = self.world.post(chat.id, BOT_ID, markup=markup, reply_to=reply_to, **fields)
        if photo is not None:
            self.world.set_photo(message, photo.content)
        self.world.log.append(Sent(self.world.clock(), method, message))
        await self.world.changed()
        return self.world.shape(message)

    async def _edit(
        self, message: Message, call: Call, *, text: str, changed: bool = False
    ) -> dict[str, Any]:
        markup = check_markup(call.fields.get("reply_markup"))
        if not changed and (text, markup) == (message.text, message.markup):
            raise bad(_NOT_MODIFIED)
        message.text, message.markup = text, markup
        message.edits += 1
        await self.world.changed()
        return self.world.shape(message)

    def _chat(self, call: Call) -> Chat:
        chat = self.world.chats.get(call.number("chat_id"))
        if chat is None:
            raise bad("chat not found")
        if chat.moved_to is not None:
            what = "group chat was upgraded to a supergroup chat"
            raise Refused(400, f"Bad Request: {what}", migrate_to_chat_id=chat.moved_to)
        if chat.blocked:
            why = "bot was blocked by the user" if chat.private else "bot was kicked from the group"
            raise Refused(403, f"Forbidden: {why}")
        return chat

    def _mine(self, call: Call) -> Message:
        message = self._chat(call).messages.get(call.number("message_id"))
        if message is None:
            raise bad("message to edit not found")
        if message.author != BOT_ID:
            raise bad("message can't be edited")
        return message

    def _input(self, call: Call, given: str, kind: str) -> Kept:
        """A file that comes along (`attach://name`, or the field itself), or a stored one's id."""
        name = given.removeprefix("attach://") if given.startswith("attach://") else kind
        if name in call.files:
            file_name, content = call.files[name]
            if not content:
                raise bad("file must be non-empty")
            if len(content) > FILE_BYTES:
                raise Refused(413, "Request Entity Too Large")
            return self.world.keep(kind, content, file_name if kind == "document" else "")
        kept = self.world.files.get(given)
        if kept is None:
            raise bad("wrong file identifier/HTTP URL specified")
        if kept.kind != kind:
            raise bad(f"can't use file of type {kept.kind.title()} as {kind.title()}")
        return kept

    def _allow(self, call: Call) -> None:
        """Left out, the list of before holds."""
        if "allowed_updates" in call.fields:
            kinds = json.loads(call.fields["allowed_updates"])
            self.world.allowed = frozenset(kinds) or self.world.allowed


_TARGET = {"chat_id", "message_id"}
_COMMON = {"chat_id", "reply_parameters", "reply_markup", "disable_notification"}
# Method -> the fields it may have; others are a mistake of the bot.
METHODS: Mapping[str, set[str]] = {
    "getMe": set(),
    "getUpdates": {"offset", "limit", "timeout", "allowed_updates"},
    "setWebhook": {
        "url", "secret_token", "allowed_updates", "max_connections", "drop_pending_updates",
    },
    "deleteWebhook": {"drop_pending_updates"},
    "getWebhookInfo": set(),
    "setMyCommands": {"commands", "scope", "language_code"},
    "sendMessage": _COMMON | {"text", "link_preview_options"},
    "sendPhoto": _COMMON | {"photo", "caption"},
    "sendDocument": _COMMON | {"document", "caption", "disable_content_type_detection"},
    "sendAnimation": _COMMON | {"animation", "caption", "width", "height", "duration"},
    "sendVideo": _COMMON | {"video", "caption", "width", "height", "duration"},
    "sendMediaGroup": (_COMMON | {"media"}) - {"reply_markup"},
    "editMessageText": _TARGET | {"text", "reply_markup", "link_preview_options"},
    "editMessageCaption": _TARGET | {"caption", "reply_markup"},
    "editMessageMedia": _TARGET | {"media", "reply_markup"},
    "editMessageReplyMarkup": _TARGET | {"reply_markup"},
    "deleteMessage": _TARGET,
    "answerCallbackQuery": {"callback_query_id", "text", "show_alert", "cache_time"},
    "sendChatAction": {"chat_id", "action"},
    "getFile": {"file_id"},
}  # fmt: skip
SENDS = frozenset(
    name
    for name in METHODS
    if name.startswith(("sendM", "sendP", "sendD", "sendA", "sendV", "edit"))
)


def handler(methods: Methods, name: str) -> Callable[[Call], Any]:
    """The function behind a method's name."""
    snake = re.sub(r"([A-Z])", r"_\1", name).lower()
    function: Callable[[Call], Any] = getattr(methods, snake)
    return function
