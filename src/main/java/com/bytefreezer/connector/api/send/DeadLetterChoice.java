package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.problem.ApiException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The dead letters that a request names. */
public final class DeadLetterChoice {
    private DeadLetterChoice() {}

    /**
     * Their ids; empty for all.
     *
     * @throws ApiException if the request names them in another way, or if none has its reason
     */
    public static Set<String> ids(Map<String, Object> request, DeadLetters letters, Lane lane) {
        Object ids = ApiException.required(request).get("ids");
        Object reason = request.get("reason");
        if (ids == null && reason == null) {
            return Set.of();
        }
        if (ids == null && reason instanceof String text) {
            Set<String> found = DeadLetterReasons.ids(letters, lane, text);
            if (found.isEmpty()) {
                throw ApiException.unknown("No dead letter has this reason any more.");
            }
            return found;
        }
        if (reason == null
                && ids instanceof List<?> list
                && !list.isEmpty()
                && list.stream().allMatch(String.class::isInstance)) {
            return Set.copyOf(list.stream().map(String.class::cast).toList());
        }
        throw ApiException.wrong(
                "\"ids\" must be a list of ids of dead letters, or \"reason\" one of their reasons; leave both out to mean all.");
    }
}
