package com.bytefreezer.connector.delivery;

/**
 * Whether a destination can be reached and takes the login. A bean of a route {@code check-<name>} returns one.
 *
 * @param status ok, failed, or unknown where nothing can be found out without sending a record
 * @param message one line, with what to do
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
