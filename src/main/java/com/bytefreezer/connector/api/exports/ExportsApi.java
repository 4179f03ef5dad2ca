package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.api.send.DeadLetterChoice;
import com.bytefreezer.connector.api.send.Replayed;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.log.RecentLines.Line;
import com.bytefreezer.connector.operate.DeadLetterPage;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.operate.DeadLetterTrial;
import com.bytefreezer.connector.operate.ExportStatus;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** The answers of the routes in {@code routes/api/exports.camel.yaml}. Safe for use by several threads. */
public final class ExportsApi {
    private final Operations operations;
    private final Watchdog watchdog;

    public ExportsApi(Operations operations, Watchdog watchdog) {
        this.operations = operations;
        this.watchdog = watchdog;
    }

    /** The state of all exports. */
    public Map<String, List<ExportStatus>> exports() {
        return Map.of("exports", ExportStatus.all(operations));
    }

    /** The last lines that the runs of an export have logged in this process. */
    public Map<String, List<Line>> log(@Header("name") String name, @Header("destination") String destination) {
        return Map.of("lines", operations.lines(operations.export(name, destination)));
    }

    /** The dead letters of an export, a page of them. */
    public DeadLetterPage deadLetters(
            @Header("name") String name,
            @Header("destination") String destination,
            @Header("offset") @Nullable String offset,
            @Header("limit") @Nullable String limit,
            @Header("reason") @Nullable String reason) {
        return DeadLetterPage.of(
                operations.deadLetters(), operations.export(name, destination).lane(), offset, limit, reason);
    }

    /** Why the destination refused them: reasons without values, with counts. */
    public DeadLetterReasons reasons(@Header("name") String name, @Header("destination") String destination) {
        return DeadLetterReasons.of(
                operations.deadLetters(), operations.export(name, destination).lane());
    }

    /** What a changed query makes of some or all of them. */
    public DeadLetterTrial tryChanged(
            @Header("name") String name,
            @Header("destination") String destination,
            @Header("query_id") @Nullable String id,
            @Body Map<String, Object> request) {
        ExportDefinition export = operations.export(name, destination);
        return DeadLetterChoice.tried(request, operations, export, watchdog, id);
    }

    /**
     * Delivers some or all of them again, as they are or as a changed query makes them. With all of them as they are, the next run also tries what is set aside.
     */
    public Replayed replay(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request)
            throws Exception {
        ExportDefinition export = operations.export(name, destination);
        Set<String> ids = DeadLetterChoice.ids(request, operations.deadLetters(), export.lane());
        Optional<String> sql = DeadLetterChoice.sql(request);
        if (sql.isPresent()) {
            return Replayed.of(operations.replayChanged(export, ids, sql.get()), 0);
        }
        int triedAgain = ids.isEmpty() ? operations.retrySetAside(export) : 0;
        return Replayed.of(operations.replay().replay(export, ids), triedAgain);
    }

    /** Removes some or all of them for good. */
    public Map<String, Long> discard(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ExportDefinition export = operations.export(name, destination);
        Set<String> ids = DeadLetterChoice.ids(request, operations.deadLetters(), export.lane());
        return Map.of("discarded", operations.replay().discard(export, ids));
    }

    /** Lets an export run now. */
    public void runNow(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ApiException.required(request);
        operations.runNow(operations.export(name, destination));
    }

    /** Stops the run of an export that is under way. */
    public void stopRun(@Header("name") String name, @Header("destination") String destination) {
        operations.stopRun(operations.export(name, destination));
    }

    /** Lets an export start again from the beginning, if the request confirms its name. */
    public void resetCursor(
            @Header("name") String name, @Header("destination") String destination, @Body Map<String, Object> request) {
        ExportDefinition export = operations.export(name, destination);
        if (!export.lane().toString().equals(ApiException.required(request).get("confirm"))) {
            throw ApiException.wrong(
                    "Nothing was reset. To reset the export, send {\"confirm\":\"%s\"}.".formatted(export.lane()));
        }
        operations.resetCursor(export);
    }
}
