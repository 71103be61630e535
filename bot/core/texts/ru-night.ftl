### The night, and one account on several platforms, in Russian.

## Now, or by morning

now-or-morning = Очередь сейчас длинная: ждать примерно { $time }. К утру будет бесплатно. Как сделаем?
now = Сейчас (≈ { $credits ->
    [one] { $credits } кредит
    [few] { $credits } кредита
   *[other] { $credits } кредитов
})
by-morning = К утру (бесплатно{ $side ->
    [none] {""}
   *[other] , до { $side } px
})
tonight-next = Хорошо: то, что пришлёте дальше, подождёт ночи и будет бесплатно.
tonight-which = Какое задание отложить на ночь?
tonight-one = К утру: { $title }

## Where a deferred job stands

deferred-day = Ждёт ночи: будет готово примерно к { $by }, а может, и раньше
deferred-soon = Будет готово примерно через { $time }, если очереди не будет, иначе — примерно к { $by }
deferred-night = { $place ->
    [1] Вы следующий в ночной очереди, примерно { $time }
   *[other] { $place }-е место в ночной очереди, примерно { $time }
}

## One account on several platforms

link-code =
    Ваш код — { $code }, он действует десять минут; никому его не показывайте.
    Отправьте /link { $code } с другой учётной записи, и обе станут одной.
linked = Готово: теперь это одна учётная запись. Что на ней есть, покажет /quota.

## Errors, by their code

error-over-limit = «{ $param }» не может быть { $value }: на вашем тарифе «{ $tier }» — от { $minimum } до { $most }{ $night ->
    [none] {""}
   *[other] , ночью — до { $night }
}.{ $better ->
    [none] {""}
   *[other] {" "}На тарифе «{ $better }» можно в любое время.
}
error-too-many-deferred = Ночи уже { $waiting ->
    [one] ждёт { $waiting } ваше задание
    [few] ждут { $waiting } ваших задания
   *[other] ждут { $waiting } ваших заданий
}, а можно не больше { $limit }; приходите, когда что-нибудь будет готово, или попросите сделать сейчас.
error-not-waiting = Это задание уже не ждёт: оно начато или закончено.
error-not-by-night = { $reason ->
    [effect] Эффект «{ $title }» работает быстро и ночи не ждёт; просто попросите его сейчас.
    [hours] Ночных часов здесь нет, откладывать на ночь нечего.
   *[tier] На тарифе «{ $tier }» задания на ночь не откладываются.
}
