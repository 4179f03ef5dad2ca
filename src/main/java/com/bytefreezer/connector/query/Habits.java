package com.bytefreezer.connector.query;

import java.util.regex.Pattern;

/** What to tell people who write what they know from other products. */
final class Habits {
    /** How a statement that gives records begins. */
    private static final Pattern BEGINNING = Pattern.compile(
            "^(?:\\s|\\(|--.*\\R|/\\*(?s:.*?)\\*/)*+(?:SELECT|WITH|FROM|VALUES|TABLE|PIVOT|UNPIVOT|SUMMARIZE|DESCRIBE|DESC|SHOW|EXPLAIN)\\b",
            Pattern.CASE_INSENSITIVE);
    /** The quotes that word processors make. */
    private static final Pattern OTHER_QUOTES = Pattern.compile("[‘’“”]");

    private Habits() {}

    /** The remedy for a text that DuckDB cannot parse; empty if it begins like SQL. */
    static String remedyForSyntax(String text) {
        return BEGINNING.matcher(text).find() ? "" : "Write SQL: SELECT … FROM events WHERE ….";
    }

    /** The remedy for a text that names a column which does not exist; empty unless the name has quotes that are not those of a text. */
    static String remedyForColumn(String text, String name) {
        return text.contains(Query.identifier(name))
                        || OTHER_QUOTES.matcher(name).find()
                ? "A text stands in single quotes: 'like this'."
                : "";
    }
}
