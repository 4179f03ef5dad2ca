package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.operate.DeadLetterTrial;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The dead letters that a request names. */
public final class DeadLetterChoice {
    private DeadLetterChoice() {}

    /**
     * The changed query of a request; empty if it has none.
     *
     * @throws ApiException if it is not a text
     */
    public static Optional<String> sql(Map<String, Object> request) {
        Object sql = ApiException.required(request).get("sql");
        if (sql != null && !(sql instanceof String text && !text.isBlank())) {
            throw ApiException.wrong("\"sql\" must be a SELECT; leave it out to send the records as they are.");
        }
        return Optional.ofNullable((String) sql);
    }

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

    /**
     * What the changed query of a request makes of the dead letters that it names.
     *
     * @param id to cancel it, or null
     * @throws ApiException if the request has no query
     */
    public static DeadLetterTrial tried(
            Map<String, Object> request,
            Operations operations,
            ExportDefinition export,
            Watchdog watchdog,
            @Nullable String id) {
        String sql = sql(request).orElseThrow(() -> ApiException.wrong("\"sql\" is missing."));
        Set<String> ids = ids(request, operations.deadLetters(), export.lane());
        try (Watchdog.Running running = watchdog.look(id)) {
            return operations.tryChanged(export, ids, sql, running);
        }
    }
}
