package com.bytefreezer.connector.delivery;

/**
 * The result of a check: whether a destination can be reached and accepts the login. A bean in a route {@code
 * check-<name>} returns one.
 *
 * @param status ok, failed, or unknown if only a sent record could tell
 * @param message one line, with the remedy
 */
public record Check(String status, String message) {
    public static Check ok(String message) {
        return new Check("ok", message);
    }

    public static Check failed(String message) {
        return new Check("failed", message);
    }

    public static Check unknown(String message) {
        return new Check("unknown", message);
    }
}
