package com.bytefreezer.connector.api.send;

import com.bytefreezer.connector.api.send.Targets.Target;
import com.bytefreezer.connector.app.Scratch;
import com.bytefreezer.connector.cage.Watchdog;
import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.config.Sync;
import com.bytefreezer.connector.delivery.Check;
import com.bytefreezer.connector.delivery.Check.Misfit;
import com.bytefreezer.connector.delivery.RecordSample;
import com.bytefreezer.connector.destination.DestinationCheck;
import com.bytefreezer.connector.operate.Operations;
import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.text.Secrets;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** Whether destinations can be reached and take the columns of a query. Safe for use by several threads. */
public final class Checks {
    private final Settings settings;
    private final Secrets secrets;
    private final Operations operations;
    private final Watchdog watchdog;
    private final Targets targets;

    public Checks(Settings settings, Secrets secrets, Operations operations, Watchdog watchdog) {
        this.settings = settings;
        this.secrets = secrets;
        this.operations = operations;
        this.watchdog = watchdog;
        targets = new Targets(settings, secrets);
    }

    /**
     * What to check.
     *
     * @param type of the destination; empty for the configured one
     * @param config its settings by their short names, replacing the configured ones
     * @param tenant with {@code dataset} and {@code sql} the query that would be sent; null for the destination alone
     */
    public record Question(
            String type,
            Map<String, JsonNode> config,
            @JsonProperty("tenant_id") @Nullable String tenant,
            @JsonProperty("dataset_id") @Nullable String dataset,
            @Nullable String sql) {
        public Question {
            type = Objects.requireNonNullElse(type, "").strip();
            config = config == null ? Map.of() : config;
        }
    }

    /**
     * Writes nothing.
     *
     * @param id to cancel it while records are read, or null
     * @throws ApiException if there is no such destination, it is not allowed, or its settings are not enough
     */
    public Check check(@Body Question question, @Header("query_id") @Nullable String id, CamelContext camel) {
        ApiException.required(question);
        Target target = targets.resolve(question.type(), question.config());
        ExportDefinition export = export(question, target);
        try (Scratch once = PageScratch.ofDelivery(settings, secrets, target)) {
            String unread = "";
            RecordSample sample = null;
            if (export != null && target.destination().hasCheck()) {
                try {
                    sample = sample(export, id);
                } catch (ConnectorException e) {
                    unread = " The columns of the query were not compared: " + e.saying("");
                }
            }
            Check check = new DestinationCheck(once.settings(), camel).check(target.destination(), sample);
            return new Check(
                    unread.isEmpty() || !check.status().equals("ok") ? check.status() : "unknown",
                    secrets.mask(check.message() + unread),
                    check.refused().stream()
                            .map(one -> new Misfit(one.column(), secrets.mask(one.reason())))
                            .toList());
        }
    }

    private @Nullable ExportDefinition export(Question question, Target target) {
        String sql = question.sql();
        if (Stream.of(question.tenant(), question.dataset(), sql).allMatch(Objects::isNull)) {
            return null;
        }
        ApiException.requireOneDataset(question.tenant(), question.dataset());
        if (sql == null || sql.isBlank()) {
            throw ApiException.wrong("tenant_id, dataset_id, and sql are required");
        }
        return new ExportDefinition(
                new Lane("check", target.type()),
                Objects.requireNonNull(question.tenant()),
                Objects.requireNonNull(question.dataset()),
                sql,
                Sync.AUTO,
                settings.integer("schedule.batch-size"),
                Duration.ZERO);
    }

    private @Nullable RecordSample sample(ExportDefinition export, @Nullable String id) {
        try (Watchdog.Running running = watchdog.look(id)) {
            try {
                return operations.planner(running).sample(export).orElse(null);
            } catch (ConnectorException e) {
                throw running.told(e);
            }
        }
    }
}
