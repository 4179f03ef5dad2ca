package com.bytefreezer.connector.api.exports;

import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Sync;
import com.bytefreezer.connector.operate.ExportPlan;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Names;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** Plans an export that is not saved yet. Safe for use by several threads. */
public final class PlanApi {
    private final Operations operations;
    private final Watchdog watchdog;

    public PlanApi(Operations operations, Watchdog watchdog) {
        this.operations = operations;
        this.watchdog = watchdog;
    }

    /**
     * Has the same turns, limits and process as every look at a dataset.
     *
     * @param id to cancel it, or null
     * @throws ApiException if the request is incomplete, or the plan must end
     */
    public ExportPlan plan(@Body Map<String, Object> request, @Header("query_id") @Nullable String id) {
        ApiException.required(request);
        Settings settings = operations.settings();
        String tenant = required(request, "tenant_id");
        String dataset = required(request, "dataset_id");
        ApiException.requireOneDataset(tenant, dataset);
        String destination = text(request, "destination_type").orElse("stdout");
        if (!Names.isOfRoute(destination)) {
            throw ApiException.wrong("\"destination_type\" must be the name of a destination.");
        }
        ExportDefinition export = new ExportDefinition(
                new Lane("plan", destination),
                tenant,
                dataset,
                required(request, "sql"),
                Sync.of(settings.text("query.sync")),
                text(request, "batch_size")
                        .map(size -> ApiException.number("batch_size", size, 1000))
                        .orElseGet(() -> settings.integer("schedule.batch-size")),
                Duration.ZERO);
        OptionalLong counted = text(request, "selected")
                .map(number -> OptionalLong.of(ApiException.number("selected", number, 0)))
                .orElseGet(OptionalLong::empty);
        Instant from = time(request, "from").orElse(Instant.MIN);
        Instant to = time(request, "to").orElse(Instant.MAX);
        try (Watchdog.Running running = watchdog.look(id)) {
            try {
                return operations.planner(running).planAll(export, object -> object.beginsIn(from, to), counted);
            } catch (ConnectorException e) {
                throw running.told(e);
            }
        }
    }

    private static Optional<Instant> time(Map<String, Object> request, String name) {
        try {
            return text(request, name).filter(time -> !time.equals("all")).map(Instant::parse);
        } catch (DateTimeParseException e) {
            throw ApiException.wrong("\"%s\" must be a time like 2026-11-20T00:00:00Z.".formatted(name));
        }
    }

    private static String required(Map<String, Object> request, String name) {
        return text(request, name).orElseThrow(() -> ApiException.wrong("\"%s\" is missing.".formatted(name)));
    }

    private static Optional<String> text(Map<String, Object> request, String name) {
        return Optional.ofNullable(request.get(name)).map(String::valueOf).filter(text -> !text.isBlank());
    }
}
