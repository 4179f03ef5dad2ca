package com.bytefreezer.connector.query;

/** How a query uses the values of columns. */
enum Use {
    /** It gives those of each row, whatever they are. */
    GIVE,
    /** It also compares them. */
    COMPARE,
    /** It also works on them. */
    WORK
}
