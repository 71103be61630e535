### What a person reads in Russian. Ids are the same in every language.

## What the bot says

help = Пришлите фото и скажите, что с ним сделать. Некоторым эффектам нужна вторая картинка — например, стиль.
help-effect = /{ $name } — { $title }: { $description }
help-example = Например: { $example }
help-commands =
    /styles — какие есть стили, наши и ваши
    /queue — мои задания
    /quota — мои кредиты
    /tonight — к утру и бесплатно: вместе с командой, для задания в очереди или для следующего
    /link — одна учётная запись на разных платформах
    /forget — удалить всё, что я о вас знаю
    /cancel — остановить
    /help { "<" }эффект{ ">" } — его параметры
help-range = от { $minimum } до { $maximum }, обычно { $default }
help-default = обычно { $default }
help-choices = { $choices }; обычно { $default }
help-points = до { $most } точек, например 0.42,0.31,#c03020;0.8,0.1,#3060c0 — доли ширины и высоты от левого верхнего угла и цвет; обычно { $default }
help-optional = не задано
offer = { $count ->
    [one] Что сделать с этой картинкой?
   *[other] Что сделать с этими картинками?
}
ask-photos = { $title }: пришлите, пожалуйста, { $missing }.
and = { $first } и { $second }
not-understood = Не понимаю. Пришлите фото с командой или /help.
forgotten = Хорошо, начнём сначала.
nothing-to-cancel = Отменять нечего.
queue-empty = У вас нет заданий в работе и в очереди.
queue-mine = { $count ->
    [one] У вас { $count } задание:
    [few] У вас { $count } задания:
   *[other] У вас { $count } заданий:
}
quota =
    Тариф «{ $tier }»: на сегодня осталось кредитов: { $left } из { $allowance }, новые появятся через { $time }.{ $held ->
        [0] {""}
       *[other] {" "}За вашими заданиями: { $held }.
    }
    Кредит — это около секунды работы.
quota-bonus = Ещё { $bonus ->
    [one] { $bonus } кредит
    [few] { $bonus } кредита
   *[other] { $bonus } кредитов
} — бонус, в полночь он не сгорает.
quota-night = { $left ->
    [0] На ночь больше ничего не отложить, пока что-нибудь не будет готово.
    [one] На ночь можно бесплатно отложить ещё { $left } задание.
    [few] На ночь можно бесплатно отложить ещё { $left } задания.
   *[other] На ночь можно бесплатно отложить ещё { $left } заданий.
}
quota-boost = Ещё { $time } ваша доля работы { $factor ->
    [few] в { $factor } раза
   *[other] в { $factor } раз
} больше обычной.
quota-account = Ваша учётная запись: { $user }
queue-line = { $title } — { $line }
no-worker = Сейчас не работает ни один исполнитель; ваши картинки подождут, и работа начнётся, как только он появится.
cancel = Отменить
cancel-one = Отменить: { $title }

## Where a job stands

waiting = { $place ->
    [1] Вы следующий, примерно { $time }
   *[other] { $place }-е место в очереди, примерно { $time }
}
waiting-idle = Ждём исполнителя
starting = Начинаем …
running = { $percent } %
time-left = { $text } · ещё примерно { $time }
done = { $title }: готово за { $time }.
cancelling = Останавливаем …
cancelled = Отменено.
seconds = { $n ->
    [one] { $n } секунду
    [few] { $n } секунды
   *[other] { $n } секунд
}
minutes = { $n ->
    [one] { $n } минуту
    [few] { $n } минуты
   *[other] { $n } минут
}
hours = { $n ->
    [one] { $n } час
    [few] { $n } часа
   *[other] { $n } часов
}

## What photos are for

role-photo = Фото
role-photo-ask = фото
role-style = Стиль
role-style-ask = картинку со стилем
role-guide = Образец
role-guide-ask = картинку-образец
role-palette = Палитра
role-palette-ask = картинку с цветами

## Errors, by their code

error-unknown-effect = Эффекта «{ $effect }» нет. { $nearest ->
    [none] Все эффекты покажет /help.
   *[other] Может быть, «{ $nearest }»?
}
error-bad-params = { $nearest ->
    [none] У эффекта «{ $title }» нет параметра «{ $param }»; есть { $known }.
   *[other] У эффекта «{ $title }» нет параметра «{ $param }»; может быть, «{ $nearest }»?
}
error-bad-value = «{ $param }» не может быть «{ $value }»: { $allowed }.
error-unknown-class = Класса «{ $value }» нет; ближе всего: { $nearest }.
error-unknown-layer = { $reason ->
    [channel] У слоя { $layer } каналы от 0 до { $most }, а не { $value }.
   *[layer] Слоя «{ $value }» в { $backbone } нет; есть { $layers }.
}
error-no-value = Не понимаю «{ $word }»; пишите параметр=значение, например { $example }.
error-wrong-photos = { $most ->
    [0] Эффекту «{ $title }» картинки не нужны.
    [1] Эффекту «{ $title }» нужна одна картинка, а не { $given }.
   *[other] Эффект «{ $title }» берёт картинок не больше { $most }, а не { $given }.
}
error-bad-picture = { $reason ->
    [empty] Файл пуст; пришлите его ещё раз.
    [too_many_bytes] Файл слишком большой; пришлите не больше { $limit_mb } МБ.
    [too_small] Картинка слишком мала: { $width } × { $height } пикселей; нужно хотя бы { $limit } по каждой стороне.
    [too_thin] Картинка слишком длинная и узкая: { $width } × { $height } пикселей; длинная сторона может быть больше короткой не более чем в { $limit } раз.
    [too_many_pixels] В картинке слишком много пикселей; пришлите не больше { $limit_mpx } миллионов.
    [unsupported] Файлы { $format } здесь не читаются; пришлите JPEG или PNG.
    [not_a_picture] Этот файл — не картинка; пришлите JPEG или PNG.
    [coloured] Фото уже цветное; чтобы раскрасить его заново, пришлите его с recolor=да.
    [no_colours] Вторая картинка даёт палитру, а цветов в ней нет; пришлите цветную.
    [flat] Картинка почти одного цвета, учиться на ней нечему; пришлите такую, где виден стиль.
   *[broken] Картинка повреждена или загрузилась не вся; пришлите её ещё раз.
}
error-bad-filter = { $reason ->
    [network] Фильтр «{ $name }» выучен для прежней сети; выучите его заново.
   *[damaged] Фильтр «{ $name }» повреждён; выучите его заново.
}
picture-number = Картинка { $number }: { $sentence }
error-effect-down = Эффект «{ $title }» сейчас не работает ({ $reason }); картинки сохранены, попробуйте позже.
error-out-of-memory = На эту картинку не хватило памяти; попробуйте размер поменьше.
error-broken-effect = Эффект не справился с этой картинкой, администратор увидит почему; попробуйте другую картинку или другие параметры.
error-queue-away = Очередь сейчас недоступна. Ничего не потеряно: попробуйте ещё раз чуть позже.
error-newer-wire = Сервис обновляется. Ничего не потеряно: попробуйте ещё раз чуть позже.
error-too-many-waiting = У вас уже { $waiting ->
    [one] ждёт { $waiting } задание
    [few] ждут { $waiting } задания
   *[many] ждут { $waiting } заданий
}, больше нельзя; приходите, когда что-нибудь будет готово.
error-quota-exceeded = На это нужно кредитов: { $needed }, а на сегодня осталось: { $left }; новые появятся не позже чем через { $hours ->
    [one] { $hours } час
    [few] { $hours } часа
   *[many] { $hours } часов
}.
error-queue-full = Очередь сейчас заполнена; приходите, пожалуйста, примерно через { $time }.
error-effect-not-allowed = Эффект «{ $title }» не входит в ваш тариф «{ $tier }».
error-banned = Ваша учётная запись заблокирована: { $reason }.
error-no-such-user = «{ $value }» — не имя пользователя; оно выглядит так: telegram:123.
error-out-of-range = { $name }: допустимо от { $low } до { $high }, а не { $value }.
error-nothing-to-change = Менять нечего: { $fault }
error-effect-paused = Эффект «{ $title }» сейчас приостановлен; то, что уже ждёт, сохранит своё место. Попробуйте позже.
error-not-failed = Это задание не числится неудавшимся: оно не сорвалось или уже убрано.
error-no-such-worker = Такого исполнителя сейчас нет; есть такие: { $known }.
error-bad-code = Такого кода нет, или он устарел; запросите новый.
error-link-busy = Здесь у вас есть незаконченные задания; дождитесь их или отмените, а потом свяжите учётные записи.
error-no-such-tier = Такого тарифа нет; есть такие: { $known }.
error-bad-rules = Эти правила не приняты, действуют прежние: { $fault }
error-tier-in-use = Тариф «{ $tier }» убрать нельзя: на нём { $users ->
    [one] { $users } пользователь
    [few] { $users } пользователя
   *[many] { $users } пользователей
}.
error-rules-changed = Кто-то уже изменил правила; посмотрите их заново и повторите изменение.
error-no-such-job = Такого задания больше нет: работы хранятся недолго.
error-blob-missing = Картинка этого задания больше не хранится; пришлите её ещё раз.
error-blob-store-away = Картинки сейчас нельзя сохранить или прочитать. Ничего не потеряно: попробуйте ещё раз чуть позже.
error-weights-missing = Эффекту нужен файл { $file }, а на сервере в папке { $folder } его нет или он повреждён. Владелец бота может получить его командой: { $source }
error-hung = Эффект слишком долго стоял на месте и был остановлен; попробуйте другие параметры или картинку поменьше.
error-crashed = Программа, выполняющая эффект, на этом сломалась; попробуйте картинку поменьше или другие параметры.
error-lease-expired = Работа начиналась несколько раз и ни разу не дошла до конца; попробуйте позже.
error-incident = У нас что-то сломалось (случай { $incident }); попробуйте ещё раз.

## The page

page-title = Ателье
page-tagline = Было фото — стала картина
page-description = Пришлите фото и картинку со стилем, получите картину.
page-language = Язык
page-new = Новая работа
page-drop = Перетащите картинку, вставьте её или выберите файл
page-choose = Нажмите и выберите картинку
page-optional = по желанию
page-remove = Убрать: { $role }
page-effects = Эффект
page-parameters = Параметры
page-advanced = Ещё параметры
page-reset = Как обычно
page-chat = В чате вы бы написали
page-write = Написать Ателье
page-say = Отправить
page-send = Сделать
page-sending = Отправляем …
page-missing = Добавьте, пожалуйста: { $roles }
page-too-large = Этот файл больше { $limit } МБ; выберите поменьше.
page-not-picture = Этот файл — не картинка; выберите JPEG или PNG.
page-works = Мои работы
page-empty = Здесь пока пусто. Ваши работы появятся тут и останутся, пока их не уберут.
page-download = Скачать
page-open = Открыть целиком
page-result = Результат
page-preview = Набросок
page-offline = Связь потеряна; пробуем ещё раз …
page-unset = как обычно
page-point = Цвет точки { $n }
page-point-add = Добавить точку в середине
page-point-help = Нажмите на картинку, чтобы поставить точку, и на точку, чтобы сменить её цвет. Стрелки двигают её, Delete убирает.
page-point-photo = Сначала выберите фото: по нему можно будет нажимать здесь.
page-point-remove = Убрать точку
page-no-script = Этой странице нужен JavaScript.
http-too-large = Слишком много: в картинке может быть не больше { $limit } МБ, а в сообщении — немного картинок и слов.
http-not-multipart = Сообщение не читается: нужен multipart/form-data с частями text, photo и message.
http-no-message = Часть «message» — это номер из 1–64 латинских букв, цифр и «-».
http-no-cookie = Сначала откройте главную страницу: она даёт cookie, а это и есть ваша учётная запись.
http-not-found = Здесь ничего нет.
http-wrong-host = Этот адрес здесь не обслуживается.
http-foreign-origin = Запросы с других сайтов не принимаются.
http-wrong-method = Этим адресом так не пользуются.
http-too-many = Слишком много запросов сразу; можно снова через { $time }.
http-too-many-accounts = С вашего адреса пришло слишком много новых посетителей; загляните через { $time }.
http-too-many-pages = Открыто слишком много страниц сразу; закройте, пожалуйста, лишние.
http-too-slow = Сообщение шло слишком долго; попробуйте ещё раз, может быть, с картинкой поменьше.
http-not-form = Этот адрес принимает только формы.
