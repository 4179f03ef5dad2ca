package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.api.send.PageRuns;
import com.bytefreezer.connector.api.send.SendRequest;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.operate.DeadLetterReasons;
import com.bytefreezer.connector.operate.ExportStatus;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.text.Json;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * Exports for agents: an agent must plan before it runs, and gets short answers. Methods are steps of {@code
 * routes/mcp.camel.yaml}. Safe for use by several threads.
 */
public final class AgentExports {
    /** An agent that waits longer gives up; it can ask for the run. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final ObjectMapper JSON = Json.ofRequests();

    private final Operations operations;
    private final PlanApi plans;
    private final PageRuns runs;
    private final Watchdog watchdog;
    private final PlanHash hash = new PlanHash();

    /** @param watchdog cancels the runs that agents still wait for */
    public AgentExports(Operations operations, PlanApi plans, PageRuns runs, Watchdog watchdog) {
        this.watchdog = watchdog;
        this.operations = operations;
        this.plans = plans;
        this.runs = runs;
    }

    /** The plan of {@link PlanApi#plan}, with {@code confirm}, which lets {@link #runOnce} run exactly this export, once. */
    public ObjectNode plan(@Body Map<String, Object> request, @Header("query_id") @Nullable String id) {
        Map<String, Object> whole = withDestination(request);
        ObjectNode plan = JSON.valueToTree(plans.plan(whole, id));
        plan.put("destination_type", String.valueOf(whole.get("destination_type")));
        plan.put("confirm", hash.of(whole));
        return plan;
    }

    /**
     * Starts a run of an export and waits a little for its end. An agent that cancels its request meanwhile stops the run.
     *
     * @throws ApiException if this export was not planned, if it has run since, or if its records would go to the output of this process
     */
    public Object runOnce(@Body Map<String, Object> request, @Header("query_id") @Nullable String id) throws Exception {
        Map<String, Object> whole = withDestination(request);
        Object confirm = whole.remove("confirm");
        if (StandardOutput.isTaken() && "stdout".equals(whole.get("destination_type"))) {
            throw ApiException.forbidden(
                    "Nothing was exported: standard output belongs to this conversation. Choose another destination; preview_export shows records.");
        }
        if (!hash.use(String.valueOf(confirm), whole)) {
            throw ApiException.conflict(
                    "Nothing was exported: confirm is not from a plan of exactly this export within the last hour, or it has been used already (list_runs shows that run). Call plan_export with the same arguments, check the plan, and send its confirm.");
        }
        String run = Objects.requireNonNull(
                runs.start(JSON.convertValue(whole, SendRequest.class)).get("id"));
        return watchdog.<Object>cancellable(id, () -> runs.cancel(run), () -> runs.await(run, PATIENCE));
    }

    private Map<String, Object> withDestination(Map<String, Object> request) {
        Map<String, Object> whole = new LinkedHashMap<>(request);
        whole.putIfAbsent("destination_type", operations.settings().text("destination.type"));
        return whole;
    }

    /** The state of all exports, in short. */
    public Map<String, Object> list() {
        List<ObjectNode> exports = ExportStatus.all(operations).stream()
                .map(status -> JSON.<ObjectNode>valueToTree(status)
                        .without(
                                List.of("sql", "runs", "totals", "retries", "set_aside", "left_out", "retrying_since")))
                .map(ObjectNode.class::cast)
                .toList();
        return Map.of("exports", exports);
    }

    /** The state of one export. */
    public ExportStatus status(@Header("export") String export, @Header("destination") String destination) {
        return ExportStatus.of(operations, List.of(operations.export(export, destination)))
                .get(0);
    }

    /** The runs that people and agents have started, and the last runs of the exports. */
    public Map<String, Object> runs() {
        List<Map<String, Object>> ofExports = ExportStatus.all(operations).stream()
                .<Map<String, Object>>map(status -> Map.of(
                        "export", status.name(),
                        "destination", status.destination(),
                        "runs", status.runs()))
                .toList();
        return Map.of("once", runs.list().get("runs"), "exports", ofExports);
    }

    /** The reasons of refused records, of an export's destination or of a run. */
    public DeadLetterReasons deadLetters(
            @Header("export") @Nullable String export,
            @Header("destination") @Nullable String destination,
            @Header("run_id") @Nullable String run) {
        if (run != null) {
            return runs.reasons(run);
        }
        if (export == null || destination == null) {
            throw ApiException.wrong("Name an export and its destination, or the run_id of a run.");
        }
        return DeadLetterReasons.of(
                operations.deadLetters(), operations.export(export, destination).lane());
    }
}
