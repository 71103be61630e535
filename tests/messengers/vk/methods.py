"""The methods of VK's API that the bot may call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.messengers.pictures import size_of
from tests.messengers.vk.limits import (
    DENIED,
    DOC_BYTES,
    NO_CHAT,
    PHOTO_BYTES,
    Refused,
    bad,
    check_keyboard,
    check_message,
)
from tests.messengers.vk.world import GROUP_ID, GROUPS, Kept, Message, World

__all__ = ["METHODS", "SENDS", "Methods"]

Fields = Mapping[str, str]
_RANDOM = 2**31


class Methods:
    """Each method by its name in snake case, "." as "_"; raises `Refused`."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.key = "key1"
        """Of the long poll; another one expires this."""

    async def groups_get_long_poll_server(self, fields: Fields) -> Any:
        """Where to poll."""
        if _number(fields, "group_id") != GROUP_ID:
            raise bad("group_id")
        server = f"{self.world.base}/longpoll"
        return {"key": self.key, "server": server, "ts": str(len(self.world.events))}

    async def groups_get_by_id(self, fields: Fields) -> Any:
        """The community of the token, or the one asked for if that is it."""
        if int(fields.get("group_id", GROUP_ID)) != GROUP_ID:
            raise bad("group_id")
        return {"groups": [{"id": GROUP_ID, "name": "Atelier"}], "profiles": []}

    async def messages_send(self, fields: Fields) -> Any:
        """Words, attachments and a keyboard; the same `random_id` is the same message."""
        peer = _number(fields, "peer_ids" if "peer_ids" in fields else "peer_id")
        random_id = _number(fields, "random_id")
        if not -_RANDOM <= random_id < _RANDOM:
            raise bad("random_id is a 32-bit number")
        self._writable(peer)
        message = self.world.sent.get((peer, random_id)) if random_id else None
        if message is not None:
            self.world.repeated += 1
        else:
            attached = self._attached(fields)
            check_message(fields.get("message", ""), len(attached))
            message = self.world.post(
                peer, -GROUP_ID, text=fields.get("message", ""), attachments=attached,
                keyboard=check_keyboard(fields.get("keyboard", "")), random_id=random_id,
                reply_to=self._reply(peer, fields),
            )  # fmt: skip
            self.world.sent[peer, random_id] = message
            self.world.log.append(message)
        await self.world.changed()
        id = 0 if peer > GROUPS else message.id
        if "peer_ids" not in fields:
            return id
        return [{"peer_id": peer, "message_id": id, "conversation_message_id": message.cmid}]

    async def messages_edit(self, fields: Fields) -> Any:
        """Other words, attachments and keyboard; what is left out goes away."""
        message = self._mine(fields)
        attached = self._attached(fields)
        check_message(fields.get("message", ""), len(attached))
        message.text, message.attachments = fields.get("message", ""), attached
        message.keyboard = check_keyboard(fields.get("keyboard", ""))
        message.edits += 1
        await self.world.changed()
        return 1

    async def messages_delete(self, fields: Fields) -> Any:
        """Take messages away for everybody, by their numbers in the conversation."""
        peer = _number(fields, "peer_id")
        if fields.get("delete_for_all") != "1":
            raise bad("delete_for_all")
        gone = []
        for cmid in map(int, fields["cmids"].split(",")):
            message = self.world.peers[peer].get(cmid)
            if message is None or message.author != -GROUP_ID:
                raise Refused(924, "Can't delete this message for everybody")
            del self.world.peers[peer][cmid]
            gone.append({"peer_id": peer, "conversation_message_id": cmid, "response": 1})
        await self.world.changed()
        return gone

    async def messages_send_message_event_answer(self, fields: Fields) -> Any:
        """End the spinner on a pressed button, perhaps with a word in a snackbar."""
        pressed = self.world.pressed.pop(fields.get("event_id", ""), None)
        if pressed != (_number(fields, "user_id"), _number(fields, "peer_id")):
            raise bad("event_id is invalid")
        data = json.loads(fields.get("event_data", "{}"))
        if data and (data.get("type") != "show_snackbar" or not 1 <= len(data["text"]) <= 90):
            raise bad("event_data")
        self.world.answers.append(data)
        await self.world.changed()
        return 1

    async def messages_set_activity(self, fields: Fields) -> Any:
        """ "typing", for ten seconds."""
        if fields.get("type") not in ("typing", "audiomessage"):
            raise bad("type")
        self.world.activity.append((_number(fields, "peer_id"), fields["type"]))
        return 1

    async def photos_get_messages_upload_server(self, fields: Fields) -> Any:
        """Where photos are posted to, as "photo"."""
        return self._upload_server("photo", fields)

    async def docs_get_messages_upload_server(self, fields: Fields) -> Any:
        """Where documents are posted to, as "file"."""
        if fields.get("type", "doc") != "doc":
            raise bad("type")
        return self._upload_server("doc", fields)

    async def photos_save_messages_photo(self, fields: Fields) -> Any:
        """An uploaded photo becomes an attachment."""
        if _number(fields, "server") != 1 or not fields.get("hash"):
            raise bad("server or hash")
        kind, content, _ = self._uploaded(fields.get("photo", ""))
        if kind != "photo":
            raise bad("photo is undefined")
        kept = self.world.keep("photo", -GROUP_ID, content)
        return [self.world.attachment(kept)["photo"]]

    async def docs_save(self, fields: Fields) -> Any:
        """An uploaded file becomes an attachment."""
        kind, content, name = self._uploaded(fields.get("file", ""))
        if kind != "doc":
            raise bad("file is undefined")
        return self.world.attachment(
            self.world.keep("doc", -GROUP_ID, content, fields.get("title", name))
        )

    def upload(self, kind: str, peer: int, name: str, content: bytes) -> dict[str, Any]:
        """What an upload server answers; a file that it doesn't take gives an error or nothing."""
        if kind == "photo":
            size = size_of(content)
            if size is None or len(content) > PHOTO_BYTES or sum(size) > 14_000:
                return {"server": 1, "photo": "[]", "hash": ""}
        elif len(content) > DOC_BYTES or name.endswith((".exe", ".mp3")):
            return {"error": "wrong file"}
        ticket = f"upload-{self.world.number()}"
        self.world.uploads[ticket] = (kind, peer, content, name)
        if kind == "photo":
            return {"server": 1, "photo": ticket, "hash": f"hash-{ticket}"}
        return {"file": ticket}

    def _upload_server(self, kind: str, fields: Fields) -> dict[str, Any]:
        peer = _number(fields, "peer_id")
        return {"upload_url": f"{self.world.base}/upload/{kind}/{peer}", "album_id": -64}

    def _uploaded(self, ticket: str) -> tuple[str, bytes, str]:
        if ticket not in self.world.uploads:
            raise bad("the upload is undefined")
        kind, _, content, name = self.world.uploads.pop(ticket)
        return kind, content, name

    def _attached(self, fields: Fields) -> list[Kept]:
        names = [name for name in fields.get("attachment", "").split(",") if name]
        if unknown := [name for name in names if name not in self.world.files]:
            raise bad(f"attachment {unknown[0]}")
        return [self.world.files[name] for name in names]

    def _reply(self, peer: int, fields: Fields) -> int | None:
        if "forward" not in fields:
            return None
        forward = json.loads(fields["forward"])
        if not forward.get("is_reply") or forward.get("peer_id") != peer:
            raise bad("forward")
        [cmid] = forward["conversation_message_ids"]
        return int(cmid) if cmid in self.world.peers[peer] else None

    def _writable(self, peer: int) -> None:
        if peer in self.world.denied:
            if peer > GROUPS:
                raise Refused(NO_CHAT, "You don't have access to this chat")
            raise Refused(DENIED, "Can't send messages for users without permission")
        if peer not in self.world.peers:
            raise Refused(DENIED, "Can't send messages for users without permission")

    def _mine(self, fields: Fields) -> Message:
        peer = _number(fields, "peer_id")
        self._writable(peer)
        name = "cmid" if "cmid" in fields else "conversation_message_id"
        message = self.world.peers[peer].get(_number(fields, name))
        if message is None or message.author != -GROUP_ID:
            raise Refused(920, "Can't edit this message: it is not found, or not yours")
        return message


def _number(fields: Fields, name: str) -> int:
    try:
        return int(fields[name])
    except (KeyError, ValueError):
        raise bad(f"{name} is undefined") from None


_SEND = {"message", "attachment", "keyboard", "dont_parse_links", "disable_mentions"}
# Method -> the fields it may have; others are a mistake of the bot.
METHODS: Mapping[str, set[str]] = {
    "groups.getById": {"group_id", "group_ids", "fields"},
    "groups.getLongPollServer": {"group_id"},
    "messages.send": _SEND | {"peer_id", "peer_ids", "random_id", "forward"},
    "messages.edit": _SEND | {"peer_id", "conversation_message_id", "cmid"},
    "messages.delete": {"peer_id", "cmids", "delete_for_all"},
    "messages.sendMessageEventAnswer": {"event_id", "user_id", "peer_id", "event_data"},
    "messages.setActivity": {"peer_id", "type"},
    "photos.getMessagesUploadServer": {"peer_id"},
    "photos.saveMessagesPhoto": {"photo", "server", "hash"},
    "docs.getMessagesUploadServer": {"peer_id", "type"},
    "docs.save": {"file", "title"},
}
SENDS = frozenset({"messages.send", "messages.edit"})
