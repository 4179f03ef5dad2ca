package com.bytefreezer.connector.server;

import org.jspecify.annotations.Nullable;

/** A request that cannot be answered as it is; the message, one line, is for the person who sent it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * An answer.
     *
     * @param status of HTTP, 4xx
     */
    public ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The body of a request, which JSON allows to be {@code null}. */
    public static <T> T required(@Nullable T body) {
        if (body == null) {
            throw new ApiException(400, "invalid request: the body is null.");
        }
        return body;
    }

    /** The status of HTTP. */
    public int status() {
        return status;
    }
}
