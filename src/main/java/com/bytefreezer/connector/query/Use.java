package com.bytefreezer.connector.query;

/** How a query uses the values of columns. */
enum Use {
    /** It only outputs the values of each row. */
    GIVE,
    /** It also compares them. */
    COMPARE,
    /** It also computes with them. */
    WORK
}
