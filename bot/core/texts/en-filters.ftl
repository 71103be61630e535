### Saved filters and the list of styles, in English.

## The list

styles = Choose a style for your photo, or write /{ $effect } and its name.
styles-part = Styles { $first }–{ $last } of { $count }. Choose one, or write /{ $effect } and its name.
styles-none = There are no styles to choose from here.
styles-more = More ▸
styles-yours = Yours: { $names }.
styles-unlearned = { $name } (not learned yet)
styles-verbs = Of yours: /{ $effect } share NAME, /{ $effect } rename OLD NEW, /{ $effect } delete NAME; somebody else’s: /{ $effect } add CODE.
sheet-learned = yours
sheet-unlearned = yours, not learned yet

## Saving and learning

remake-save = Save this style
filter-stem = style
filter-kept = Saved as “{ $name }”. It works at once: /{ $effect } { $name }; as soon as it is learned it is fast.
filter-learned-already = You have this style already: /{ $effect } { $name }.
filter-ready = Filter “{ $name }” is ready: /{ $effect } { $name }
remake-use = Paint with it
filter-unlearned = “{ $name }” is kept, but not learned. To try again: /{ $command } { $name }
filter-relearn = Try again
filter-by-picture = “{ $name }” is not learned yet, so I paint by its picture, which takes longer.

## What is done with one

filter-added = Added as “{ $name }”: /{ $effect } { $name }
filter-added-unlearned = Added as “{ $name }”, not learned yet: /{ $effect } { $name } works, and /{ $command } { $name } makes it fast.
filter-renamed = “{ $old }” is now called “{ $name }”.
filter-deleted = “{ $name }” is deleted.
filter-shared =
    The code of “{ $name }” is { $code }.
    Whoever sends /{ $effect } add { $code } gets a copy.

## Errors, by their code

error-bad-filter-name = “{ $value }” can’t be a name: it takes 1 to { $limit } letters, digits, “-” and “_”, without spaces.
error-filter-name-taken = You have another filter “{ $name }”; choose another name, or rename that one.
error-filter-name-shipped = “{ $name }” means something here already; choose another name.
error-too-many-filters = You have { $limit ->
    [0] no room for filters in your tier.
    [one] one filter, and may have no more; delete it first: /styles
   *[other] { $limit } filters, and may have no more; delete one first: /styles
}
error-no-such-filter = You have no filter “{ $name }”. { $nearest ->
    [none] /styles shows what there is.
   *[other] Did you mean “{ $nearest }”?
}
error-filter-gone = This filter is no more; it was deleted, or learned anew since.
error-bad-style = { $reason ->
    [several] “{ $word }” may be { $names }; please say which one.
    [many] At most { $most } styles can be blended.
    [share] The share of a style is a number above 0 and up to 1, as in starry=0.7+wave=0.3
   *[unknown] There is no style “{ $word }”. { $nearest ->
        [none] /styles shows what there is.
       *[other] Did you mean “{ $nearest }”? /styles shows all.
    }
}
error-bad-filter-code = This code is not known; a filter’s code is eight letters and digits, and ends with the filter.
error-filter-not-learned = “{ $name }” is not learned yet, so it can’t be blended; alone it works: /{ $effect } { $name }
error-filter-usage = That needs other words: /{ $effect } { $verb ->
    [add] add CODE
    [rename] rename OLD NEW
    [delete] delete NAME
   *[share] share NAME
}
