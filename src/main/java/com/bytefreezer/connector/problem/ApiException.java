package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.Names;
import org.jspecify.annotations.Nullable;

/** A request that cannot be answered. The message, one line, is for the person who sent it. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * A refusal with this status and message.
     *
     * @param status the HTTP status, 4xx
     */
    public ApiException(int status, String message) {
        super(message);
        this.status = status;
    }

    /** Checks the body of a request, because JSON allows {@code null}. */
    public static <T> T required(@Nullable T body) {
        if (body == null) {
            throw new ApiException(400, "invalid request: the body is null.");
        }
        return body;
    }

    /** Refuses text that cannot name a tenant and a dataset. */
    public static void requireNames(@Nullable String tenant, @Nullable String dataset) {
        if (tenant == null || dataset == null || !Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw new ApiException(400, "tenant_id and dataset_id must be names of a tenant and a dataset.");
        }
    }

    /** As above, for one dataset without a pattern: to create an export, and to try it out first. */
    public static void requireOneDataset(@Nullable String tenant, @Nullable String dataset) {
        requireNames(tenant, dataset);
        if ((tenant + dataset).contains("*")) {
            throw new ApiException(
                    400,
                    "tenant_id and dataset_id must name a single dataset here. Write a pattern with * into an export's file in routes/exports/.");
        }
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /**
     * A parameter of a request.
     *
     * @throws ApiException 400 if it is present and not a whole number
     */
    public static int number(String name, @Nullable String text, int otherwise) {
        if (text == null) {
            return otherwise;
        }
        if (!text.matches("\\d{1,9}")) {
            throw new ApiException(400, "%s must be a whole number.".formatted(name));
        }
        return Integer.parseInt(text);
    }
}
