package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.query.NoProgressException;
import com.bytefreezer.connector.query.Query;
import java.sql.SQLException;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What kind of thing kept a unit from being read: whether it may be the others' doing, and what a person can do about it. */
enum Trouble {
    /** No room in the folder for what does not fit into memory. */
    DISK,
    /** It needs more memory than there was beside the others. */
    MEMORY,
    /** An internal error of DuckDB that another statement made, which may be this one, too. */
    DATABASE,
    /** It is not there any more. */
    GONE,
    /** The lake refuses the keys. */
    FORBIDDEN,
    /** The lake does not answer, or breaks off. */
    UNREACHABLE,
    /** It broke off, and a second look found nothing wrong: another database looked, or it was replaced meanwhile. */
    BROKEN_OFF,
    /** DuckDB does not come to an end with it. */
    ENDLESS,
    /** Anything else. */
    OTHER;

    /** As DuckDB's httpfs words it, by its library for HTTP. */
    private static final Pattern NO_ANSWER = Pattern.compile(
            "Could not establish connection|Failed to connect|Couldn't connect|[Tt]imeout was reached|Failed to read connection|Connection refused|Could not resolve"
                    + "|Recv failure|Send failure|transfer closed|Empty reply|Server returned nothing|\\(HTTP (5\\d\\d|408|429)|\\(HTTP code 5\\d\\d|error for HTTP");

    private static final String LOOKS_GOOD = "a second look found nothing wrong";

    static Trouble of(Throwable failure) {
        String text = text(failure);
        if (text.contains("max_temp_directory_size") || text.contains("No space left on device")) {
            return DISK;
        }
        if (text.contains("Out of Memory Error") || hasJavaRunOutOfMemory(failure)) {
            return MEMORY;
        }
        if (isCausedBy(failure, NoProgressException.class)) {
            return ENDLESS;
        }
        if (text.contains("No files found that match") || text.contains("(HTTP 404")) {
            return GONE;
        }
        if (text.contains("(HTTP 403")) {
            return FORBIDDEN;
        }
        if (text.contains("database has been invalidated")) {
            return DATABASE;
        }
        if (NO_ANSWER.matcher(text).find()
                || (Failures.isNeighbours(failure) && !text.contains("cannot be recorded"))) {
            return UNREACHABLE;
        }
        return text.contains(LOOKS_GOOD) ? BROKEN_OFF : OTHER;
    }

    /**
     * Whether it may go better when nothing else is done, with a database of its own.
     *
     * @param begun whether records of it are delivered already; to go on after them in other bytes would lose some
     */
    boolean isWorthReadingAlone(boolean begun) {
        return this == MEMORY || this == DATABASE || (this == BROKEN_OFF && !begun);
    }

    /** What happened, for a person. */
    String reason(Throwable failure) {
        return switch (this) {
            case DISK ->
                "DuckDB needs more room than there is in duckdb.temp-folder; make room, or raise duckdb.memory-limit";
            case MEMORY ->
                hasJavaRunOutOfMemory(failure)
                        ? "its records do not fit into the heap, even when they are read alone; raise -Xmx (JAVA_OPTS)"
                        : "DuckDB needs more memory than duckdb.memory-limit, even when it is read alone (%s); raise it"
                                .formatted(
                                        text(failure).replaceAll("(?s).*?((?:failed|could not) .*? used\\)).*", "$1"));
            case DATABASE, GONE, FORBIDDEN, UNREACHABLE, BROKEN_OFF, ENDLESS, OTHER ->
                text(failure).replaceFirst(" This error signals an assertion failure.*", "");
        };
    }

    private static boolean hasJavaRunOutOfMemory(Throwable failure) {
        return isCausedBy(failure, OutOfMemoryError.class);
    }

    private static boolean isCausedBy(Throwable failure, Class<? extends Throwable> type) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(type::isInstance);
    }

    /** What the route's own step ran into, without the connector's part of the SQL. */
    private static String text(Throwable failure) {
        return failure instanceof SQLException
                ? Query.firstLine(failure)
                : Failures.known(failure).saying("");
    }
}
