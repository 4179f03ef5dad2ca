package com.bytefreezer.connector.problem;

import com.bytefreezer.connector.text.Names;
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

    /** Refuses what cannot name a tenant and a dataset. */
    public static void requireNames(@Nullable String tenant, @Nullable String dataset) {
        if (tenant == null || dataset == null || !Names.isOfDataset(tenant) || !Names.isOfDataset(dataset)) {
            throw new ApiException(400, "tenant_id and dataset_id must be names of a tenant and a dataset.");
        }
    }

    /** The same of what an export is to be made of, or of what is tried before it is. */
    public static void requireOneDataset(@Nullable String tenant, @Nullable String dataset) {
        requireNames(tenant, dataset);
        if ((tenant + dataset).contains("*")) {
            throw new ApiException(
                    400,
                    "tenant_id and dataset_id name one dataset here. Write a pattern with * into the file of an export in routes/exports/.");
        }
    }

    /** The status of HTTP. */
    public int status() {
        return status;
    }

    /**
     * A parameter of a request.
     *
     * @throws ApiException 400 when it is there and no whole number
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
