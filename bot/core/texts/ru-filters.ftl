### Saved filters and the list of styles, in Russian.

## The list

styles = Выберите стиль для фото или напишите /{ $effect } и название.
styles-part = Стили { $first }–{ $last } из { $count }. Выберите или напишите /{ $effect } и название.
styles-none = Выбирать здесь пока не из чего.
styles-more = Ещё ▸
styles-yours = Ваши: { $names }.
styles-unlearned = { $name } (ещё не выучен)
styles-verbs = Со своими можно: /{ $effect } поделись ИМЯ, /{ $effect } переименуй СТАРОЕ НОВОЕ, /{ $effect } удали ИМЯ; взять чужой: /{ $effect } добавь КОД.
sheet-learned = ваш
sheet-unlearned = ваш, ещё не выучен

## Saving and learning

remake-save = Сохранить этот стиль
filter-stem = стиль
filter-kept = Сохранено под именем «{ $name }». Работает сразу: /{ $effect } { $name }, а когда выучу, будет быстро.
filter-learned-already = Этот стиль у вас уже есть: /{ $effect } { $name }.
filter-ready = Фильтр «{ $name }» готов: /{ $effect } { $name }
remake-use = Нарисовать в этом стиле
filter-unlearned = Фильтр «{ $name }» сохранён, но не выучен. Попробовать ещё раз: /{ $command } { $name }
filter-relearn = Попробовать ещё раз
filter-by-picture = Фильтр «{ $name }» ещё не выучен, поэтому рисую по самой картинке — так дольше.

## What is done with one

filter-added = Добавлено под именем «{ $name }»: /{ $effect } { $name }
filter-added-unlearned = Добавлено под именем «{ $name }», но ещё не выучено: /{ $effect } { $name } уже работает, а /{ $command } { $name } сделает быстрым.
filter-renamed = Фильтр «{ $old }» теперь называется «{ $name }».
filter-deleted = Фильтр «{ $name }» удалён.
filter-shared =
    Код фильтра «{ $name }» — { $code }.
    Кто отправит /{ $effect } добавь { $code }, получит копию.

## Errors, by their code

error-bad-filter-name = «{ $value }» не годится в имена: нужно от 1 до { $limit } букв, цифр, «-» и «_», без пробелов.
error-filter-name-taken = Фильтр «{ $name }» у вас уже есть, и он другой; выберите другое имя или переименуйте тот.
error-filter-name-shipped = Слово «{ $name }» здесь уже что-то значит; выберите другое имя.
error-too-many-filters = { $limit ->
    [0] На вашем тарифе фильтры не сохраняются.
    [one] У вас уже { $limit } фильтр, больше нельзя; сначала удалите его: /styles
    [few] У вас уже { $limit } фильтра, больше нельзя; сначала удалите какой-нибудь: /styles
   *[other] У вас уже { $limit } фильтров, больше нельзя; сначала удалите какой-нибудь: /styles
}
error-no-such-filter = Фильтра «{ $name }» у вас нет. { $nearest ->
    [none] Что есть, покажет /styles.
   *[other] Может быть, «{ $nearest }»?
}
error-filter-gone = Этого фильтра больше нет: он удалён или с тех пор выучен заново.
error-bad-style = { $reason ->
    [several] «{ $word }» — это может быть { $names }; уточните, пожалуйста.
    [many] Смешать можно не больше { $most } стилей.
    [share] Доля стиля — число больше 0 и до 1, например starry=0,7+wave=0,3
   *[unknown] Стиля «{ $word }» нет. { $nearest ->
        [none] Что есть, покажет /styles.
       *[other] Может быть, «{ $nearest }»? Все покажет /styles.
    }
}
error-bad-filter-code = Такого кода нет; код фильтра — восемь букв и цифр, и он действует, пока есть фильтр.
error-filter-not-learned = Фильтр «{ $name }» ещё не выучен, смешивать его нельзя; отдельно он работает: /{ $effect } { $name }
error-filter-usage = Здесь нужны другие слова: /{ $effect } { $verb ->
    [add] добавь КОД
    [rename] переименуй СТАРОЕ НОВОЕ
    [delete] удали ИМЯ
   *[share] поделись ИМЯ
}
