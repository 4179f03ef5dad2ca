package com.bytefreezer.connector.delivery;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * The result of a check: whether a destination can be reached and accepts the login, and whether it takes the records of
 * a query. A bean in a route {@code check-<name>} returns one.
 *
 * @param status ok, failed, or unknown if only a sent record could tell
 * @param message one line, with the remedy
 * @param refused the columns of the query that make the destination refuse records
 */
public record Check(
        String status,
        String message,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Misfit> refused) {

    /**
     * A column that does not fit.
     *
     * @param reason why, as the end of a sentence
     */
    public record Misfit(String column, String reason) {}

    public static Check ok(String message) {
        return new Check("ok", message, List.of());
    }

    public static Check failed(String message) {
        return new Check("failed", message, List.of());
    }

    /** Records with these columns will be refused. */
    public static Check refused(String message, List<Misfit> refused) {
        return new Check("failed", message, List.copyOf(refused));
    }

    public static Check unknown(String message) {
        return new Check("unknown", message, List.of());
    }
}
