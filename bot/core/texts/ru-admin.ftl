### What admins read in Russian.

admin-help = Напишите /admin и одно из этого:
admin-use-queue = queue — что ждёт и что в работе
admin-use-workers = workers — кто работает и над чем
admin-use-rules = rules [тариф] — действующие значения
admin-use-audit = audit [число] — кто что менял
admin-use-user = user КТО — кредиты, задания и всё остальное об учётной записи, например telegram:123
admin-use-ban = ban КТО ПРИЧИНА — больше ничего не принимать; что ждёт, придержать
admin-use-unban = unban КТО — снять запрет
admin-use-tier = tier КТО ТАРИФ — перевести на тариф
admin-use-quota = quota КТО КРЕДИТЫ|default — кредиты на день
admin-use-bonus = bonus КТО КРЕДИТЫ — дополнительные кредиты, не сгорают в полночь
admin-use-boost = boost КТО ВО_СКОЛЬКО СРОК|off — до этого срока обслуживать во столько раз больше: boost telegram:123 3 2h
admin-use-forget = forget КТО — сразу удалить всё, что известно об этой учётной записи
admin-use-set = set ПОЛЕ ЗНАЧЕНИЕ — set tiers.free.day 2; set nights 23:00-07:00 13:00-14:00; set zone Europe/Moscow
admin-use-add = add ТАРИФ [like ТАРИФ] — новый тариф
admin-use-remove = remove ТАРИФ — убрать тариф
admin-use-pause = pause effect|pool ИМЯ — ничего нового не начинать; что ждёт, сохранит место
admin-use-resume = resume effect|pool ИМЯ — снять с паузы
admin-use-dead = dead — неудавшиеся задания
admin-use-retry = retry ЗАДАНИЕ|all — вернуть неудавшееся в очередь
admin-use-drop = drop ЗАДАНИЕ|all — забыть неудавшееся
admin-use-drain = drain ИСПОЛНИТЕЛЬ — пусть закончит и уйдёт

## Refusals

admin-not-allowed = Команда «{ $verb }» — только для администраторов.
admin-usage = Пишите так: { $usage }
admin-unknown = { $kind ->
    [verb] Команды «{ $word }» нет
    [tier] Тарифа «{ $word }» нет
    [effect] Эффекта «{ $word }» нет
    [pool] Пула «{ $word }» нет
    [worker] Исполнителя «{ $word }» сейчас нет
    [job] Неудавшегося задания «{ $word }» нет
    [zone] Часового пояса «{ $word }» нет
    [kind] «{ $word }» — это не effect и не pool
   *[field] Поля «{ $word }» нет
}{ $nearest ->
    [none] { $known ->
        [none] .
       *[other] ; есть: { $known }.
    }
   *[other] ; может быть, «{ $nearest }»?
}
admin-bad-integer = { $what }: нужно целое число от { $low } до { $high }, а не «{ $given }». Ничего не изменено.
admin-bad-number = { $what }: нужно число от { $low } до { $high }, а не «{ $given }». Ничего не изменено.
admin-bad-span = «{ $given }» — не срок от { $low ->
    [one] { $low } секунды
   *[other] { $low } секунд
} до { $high ->
    [one] { $high } дня
   *[other] { $high } дней
}; пишите 30m, 2h, 1h30m или 3d.
admin-bad-window = «{ $given }» — не промежуток времени; пишите, например, 23:00-07:00.
admin-empty-window = Промежуток { $given } пуст: он кончается там же, где начинается.
admin-overlap = Промежутки { $one } и { $other } пересекаются. Ничего не изменено.
admin-less-by-night = { $path } не может быть { $value }, пока { $other } — { $stands }: ночью не должно быть меньше, чем днём. Ничего не изменено.
admin-bad-identity = «{ $given }» — не учётная запись; пишите платформа:имя, например telegram:123. Свою каждый видит по /me.
admin-bad-name = Тариф не может называться «{ $given }»: нужна строчная латинская буква и ещё до 29 букв, цифр, «-» или «_».
admin-name-taken = «{ $given }» — так называется работа на ночь, тариф так назвать нельзя.
admin-bad-like = Не понимаю «{ $given }»; пишите: add gold like pro
admin-no-value = { $path }: нужно значение.
admin-one-value = { $path }: нужно одно значение, а не «{ $given }».
admin-tier-exists = Тариф «{ $tier }» уже есть.
admin-tier-needed = Тариф «{ $tier }» убрать нельзя: на нём все, у кого нет другого.
admin-no-end = Нужен срок: boost telegram:123 3 2h
admin-long-reason = В причине может быть не больше { $most } знаков, а не { $given }.
admin-ban-role = { $user } — администратор или модератор, запрет невозможен; роли задаются в настройках сервера.
admin-ambiguous = С «{ $word }» начинаются неудавшиеся задания: { $count }; напишите больше знаков.

## Answers

admin-number = { $n }
admin-more = … и ещё { $count }.
admin-queue = Ждут: { $waiting }, в работе: { $running }, не удались: { $dead }, исполнителей: { $workers }.
admin-by-class = По тарифам: { $counts }.
admin-by-effect = По эффектам: { $counts }.
admin-effects-paused = Эффекты на паузе: { $names }.
admin-pools-paused = Пулы на паузе: { $names }.
admin-night = Сейчас ночь, { $until ->
    [none] всегда ({ $zone }).
   *[other] до { $until } ({ $zone }).
}
admin-day = Сейчас день, { $until ->
    [none] всегда ({ $zone }).
   *[other] до { $until } ({ $zone }).
}
admin-workers = { $count ->
    [0] Исполнителей сейчас нет.
    [one] { $count } исполнитель:
    [few] { $count } исполнителя:
   *[other] { $count } исполнителей:
}
admin-worker-leaving = (уходит)
admin-leaving-already = { $name } уже уходит.
admin-worker-down = (не работает: { $down })
admin-rules = Правила, версия { $version }.
admin-audit = { $count ->
    [one] Последнее изменение, время { $zone }:
   *[other] Последние изменения: { $count }, время { $zone }:
}
admin-no-changes = Пока ничего не меняли.
admin-changed = Действует с этого момента (версия { $version }):
admin-unchanged = Так оно и есть; ничего не изменено.
admin-effect-paused = { $name }: пауза. Новые задания не принимаются и не начинаются; что ждёт, сохранит место, что в работе, будет закончено.
admin-effect-resumed = { $name } снова в работе.
admin-pool-paused = Пул { $name }: пауза. Его исполнители ничего нового не начинают; что в работе, будет закончено.
admin-pool-resumed = Пул { $name } снова в работе.
admin-paused-already = { $name } уже на паузе.
admin-not-paused = { $name } не на паузе.
admin-drained = { $name } больше ничего не начнёт и уйдёт, как закончит.
admin-user = { $user } — тариф { $tier }
admin-user-credits = Кредиты: на сегодня осталось { $left } из { $allowance }, за заданиями { $held }, дополнительных { $bonus }; новые появятся через { $time }.
admin-user-daily = Свои кредиты на день: { $credits }.
admin-user-boost = Ускорение × { $factor } до { $until }.
admin-user-banned = Запрет: { $reason }
admin-user-jobs = Задания: ждут { $waiting }, в работе { $running }, на ночь { $deferred }.
admin-user-linked = Связаны: { $identities }.
admin-tier-set = { $user }: теперь тариф «{ $tier }».
admin-quota-set = { $user }: теперь { $credits ->
    [one] { $credits } кредит
    [few] { $credits } кредита
   *[other] { $credits } кредитов
} в день.
admin-quota-default = { $user }: теперь столько кредитов, сколько даёт тариф.
admin-granted = { $user }: { $credits ->
    [one] добавлен { $credits } кредит
    [few] добавлено { $credits } кредита
   *[other] добавлено { $credits } кредитов
}; они не сгорают.
admin-boosted = { $user }: ускорение × { $factor } до { $until }.
admin-boost-off = { $user }: ускорения больше нет.
admin-forgotten = { $user }: всё удалено.
admin-banned = { $user }: запрет. { $reason }
admin-unbanned = { $user }: запрет снят.
admin-no-own-quota = { $user }: своих кредитов нет, действует тариф.
admin-not-boosted = { $user }: ускорения нет.
admin-not-banned = { $user }: запрета нет.
admin-stranger = Внимание: от { $user } пока не было ни одного задания.
admin-dead = { $count ->
    [one] { $count } неудавшееся задание:
    [few] { $count } неудавшихся задания:
   *[other] { $count } неудавшихся заданий:
}
admin-no-dead = Неудавшихся заданий нет.
admin-retried = { $count ->
    [one] { $count } задание снова ждёт.
    [few] { $count } задания снова ждут.
   *[other] { $count } заданий снова ждут.
}
admin-dropped = { $count ->
    [one] Забыто { $count } неудавшееся задание.
    [few] Забыто { $count } неудавшихся задания.
   *[other] Забыто { $count } неудавшихся заданий.
}

admin-page-title = Страница администратора
admin-page-gate = Вход
admin-page-password = Пароль
admin-page-enter = Войти
admin-page-leave = Выйти
admin-page-wrong = Это не тот пароль.
admin-page-old = Эта форма устарела или не отсюда: ничего не сделано. Отправьте ещё раз.
admin-page-twice = Эта форма уже отправлялась, а действует она один раз; если нужно ещё раз, введите команду снова.
admin-page-order = Команда, как после /admin в чате
admin-page-do = Сделать
admin-page-help = Что есть
admin-page-again = Посмотреть ещё раз
admin-page-queue = Очередь
admin-page-workers = Исполнители
admin-page-dead = Неудавшиеся работы
admin-page-rules = Правила
admin-page-audit = Журнал изменений
