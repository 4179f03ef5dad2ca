package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.Names;
import org.jspecify.annotations.Nullable;

/** A request that cannot be answered. The message, one line, is for the person who sent it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    private ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** The request is incomplete or wrong. */
    public static ApiException wrong(String message) {
        return new ApiException(400, message);
    }

    /** The request needs a token. */
    public static ApiException unauthenticated(String message) {
        return new ApiException(401, message);
    }

    /** The operator does not allow it. */
    public static ApiException forbidden(String message) {
        return new ApiException(403, message);
    }

    /** The request names something that does not exist. */
    public static ApiException unknown(String message) {
        return new ApiException(404, message);
    }

    /** The state of things does not allow it now. */
    public static ApiException conflict(String message) {
        return new ApiException(409, message);
    }

    /** The request does not say how long it is. */
    public static ApiException withoutLength(String message) {
        return new ApiException(411, message);
    }

    /** The body is too large. */
    public static ApiException tooLarge(String message) {
        return new ApiException(413, message);
    }

    /** The body has another type or encoding. */
    public static ApiException unsupported(String message) {
        return new ApiException(415, message);
    }

    /** The request is right, but the work for it failed or had to end. */
    public static ApiException failed(String message) {
        return new ApiException(422, message);
    }

    /** Too many requests are being worked on. */
    public static ApiException busy(String message) {
        return new ApiException(429, message);
    }

    /** Checks the body of a request, because JSON allows {@code null}. */
    public static <T> T required(@Nullable T body) {
        if (body == null) {
            throw wrong("invalid request: the body is null.");
        }
        return body;
    }

    /** Refuses text that cannot name a tenant and a dataset. */
    public static void requireNames(@Nullable String tenant, @Nullable String dataset) {
        if (tenant == null || dataset == null || !Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw wrong("tenant_id and dataset_id must be names of a tenant and a dataset.");
        }
    }

    /** As above, for one dataset without a pattern: to create an export, and to try it out first. */
    public static void requireOneDataset(@Nullable String tenant, @Nullable String dataset) {
        requireNames(tenant, dataset);
        if ((tenant + dataset).contains("*")) {
            throw wrong(
                    "tenant_id and dataset_id must name a single dataset here. Write a pattern with * into an export's file in routes/exports/.");
        }
    }

    /** The HTTP status, 4xx, for those who speak HTTP. */
    public int status() {
        return status;
    }

    /**
     * A parameter of a request.
     *
     * @throws ApiException if it is present and not a whole number
     */
    public static int number(String name, @Nullable String text, int otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("\\d{1,9}")) {
            throw wrong("%s must be a whole number.".formatted(name));
        }
        return Integer.parseInt(text);
    }

    /**
     * A parameter of a request.
     *
     * @throws ApiException 400 if it is present and neither true nor false
     */
    public static boolean flag(String name, @Nullable String text, boolean otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (!text.equals("true") && !text.equals("false")) {
            throw new ApiException(400, "%s must be true or false.".formatted(name));
        }
        return text.equals("true");
    }
}
