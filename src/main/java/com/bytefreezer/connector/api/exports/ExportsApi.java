package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.operate.DeadLetterPage;
import com.bytefreezer.connector.operate.ExportStatus;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.operate.Replay;
import com.bytefreezer.connector.problem.ApiException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** The answers of the routes in {@code routes/api/exports.camel.yaml}. Safe for use by several threads. */
public final class ExportsApi {
    private final Operations operations;

    public ExportsApi(Operations operations) {
        this.operations = operations;
    }

    @JsonNaming(SnakeCaseStrategy.class)
    record Replayed(
            long replayed,
            long failed,
            long triedAgain,
            @Nullable String message) {}

    /** The state of all exports. */
    public Map<String, List<ExportStatus>> exports() {
        return Map.of("exports", ExportStatus.all(operations));
    }

    /** The dead letters of an export, a page of them. */
    public DeadLetterPage deadLetters(
            @Header("name") String name,
            @Header("destination") String destination,
            @Header("offset") @Nullable String offset,
            @Header("limit") @Nullable String limit) {
        return DeadLetterPage.of(
                operations.deadLetters(), operations.export(name, destination).lane(), offset, limit);
    }

    /** Delivers some or all of them again. With all of them, the next run also tries what is set aside. */
    public Replayed replay(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request)
            throws Exception {
        ExportDefinition export = operations.export(name, destination);
        Set<String> ids = ids(ApiException.required(request));
        int triedAgain = ids.isEmpty() ? operations.retrySetAside(export) : 0;
        Replay.Result result = operations.replay().replay(export, ids);
        return new Replayed(result.replayed(), result.failed(), triedAgain, result.message());
    }

    /** Removes some or all of them for good. */
    public Map<String, Long> discard(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        return Map.of(
                "discarded",
                operations.replay().discard(operations.export(name, destination), ids(ApiException.required(request))));
    }

    /** Lets an export run now. */
    public void runNow(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ApiException.required(request);
        operations.runNow(operations.export(name, destination));
    }

    /** Lets an export start again from the beginning, if the request confirms its name. */
    public void resetCursor(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ExportDefinition export = operations.export(name, destination);
        if (!export.lane().toString().equals(ApiException.required(request).get("confirm"))) {
            throw new ApiException(
                    400, "Nothing was reset. To reset the export, send {\"confirm\":\"%s\"}.".formatted(export.lane()));
        }
        operations.resetCursor(export);
    }

    private static Set<String> ids(Map<String, Object> request) {
        Object ids = request.get("ids");
        if (ids == null) {
            return Set.of();
        }
        if (ids instanceof List<?> list && !list.isEmpty() && list.stream().allMatch(String.class::isInstance)) {
            return Set.copyOf(list.stream().map(String.class::cast).toList());
        }
        throw new ApiException(400, "\"ids\" must be a list of ids of dead letters; leave it out to mean all.");
    }
}
