package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.problem.ApiException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which dead letters a request means. */
public final class DeadLetterChoice {
    private DeadLetterChoice() {}

    /**
     * Their ids; empty for all.
     *
     * @throws ApiException 400 when the request names them otherwise than in a list
     */
    public static Set<String> ids(Map<String, Object> request) {
        Object ids = ApiException.required(request).get("ids");
        if (ids == null) {
            return Set.of();
        }
        if (ids instanceof List<?> list && !list.isEmpty() && list.stream().allMatch(String.class::isInstance)) {
            return Set.copyOf(list.stream().map(String.class::cast).toList());
        }
        throw new ApiException(400, "\"ids\" must be a list of ids of dead letters; leave it out to mean all.");
    }
}
