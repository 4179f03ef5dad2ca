package com.bytefreezer.connector.query;

import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the records of a statement lack, and Java adds.
 *
 * @param members puts in what it leaves out of each record
 * @param large how to read what it has placeholders for; null where it has none
 * @param again what to do when DuckDB breaks off
 */
record Completion(Members members, @Nullable LargeRecords large, Again again) {
    /** Of a statement whose records are whole. */
    static final Completion NONE = new Completion(Members.NONE, null);

    /** Of one that is not tried otherwise. */
    Completion(Members members, @Nullable LargeRecords large) {
        this(members, large, (statement, failure, given) -> Optional.empty());
    }

    /** Goes on after DuckDB has broken off. */
    interface Again {
        /**
         * Another statement, for the records after the first {@code given} of this one; empty if there is no other way.
         *
         * @param failure what DuckDB says; null when it has only stopped, see {@link RecordStatements#whyItEnded}
         */
        Optional<Statement> after(String statement, @Nullable SQLException failure, long given);
    }

    /** A statement, and what its records lack. */
    record Statement(String sql, Completion completion) {}
}
