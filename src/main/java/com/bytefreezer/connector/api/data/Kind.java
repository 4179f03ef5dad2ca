package com.bytefreezer.connector.api.data;

import java.util.Locale;

/** The kind of a column for people, by DuckDB's type. */
enum Kind {
    NUMBER,
    TEXT,
    TIME,
    BOOLEAN,
    NESTED,
    OTHER;

    static Kind of(String type) {
        if (type.endsWith("]") || type.matches("(?s)(STRUCT|MAP|UNION)\\(.*") || type.matches("JSON|VARIANT")) {
            return NESTED;
        }
        if (type.matches("U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|DOUBLE|FLOAT|DECIMAL.*")) {
            return NUMBER;
        }
        if (type.matches("DATE|TIMESTAMP.*")) {
            return TIME;
        }
        if (type.equals("BOOLEAN")) {
            return BOOLEAN;
        }
        return type.equals("VARCHAR") || type.equals("UUID") || type.startsWith("ENUM") ? TEXT : OTHER;
    }

    /** Its name in the API. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
