package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.ExportDefinition;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Circuit;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.StoppedException;
import com.bytefreezer.connector.query.Engine;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;

/**
 * A run of an export that sends nothing: it goes through the export's own route, but its destination keeps the first batch
 * and then stops the run. Used once, by one thread.
 */
public final class PreviewRun implements AutoCloseable {
    private final ExportDefinition definition;
    private final Exports exports;
    private final Metrics metrics = new Metrics();
    private final Main camel;
    private final AtomicReference<@Nullable Batch> first = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * Prepares a run.
     *
     * @param settings describe the export
     * @param cursor one that knows nothing
     * @param engine where DuckDB runs
     * @param keys has the route {@code direct:credentials}
     * @param hasToEnd whether no one waits for the preview any longer; called if an object cannot be read
     */
    public PreviewRun(Settings settings, Cursor cursor, Engine engine, CamelContext keys, BooleanSupplier hasToEnd) {
        definition = settings.exports().get(0);
        exports = new Exports(settings, cursor, false, engine);
        exports.quiet();
        Deliveries deliveries =
                Deliveries.ofExports(settings, cursor, new DeadLetters(settings.deadLettersFolder()), exports.signs());
        Circuit circuit = new Circuit(exports.signs());
        camel = ExportCamel.prepare(
                settings, settings.routes().runFiles(), exports, cursor, deliveries, circuit, metrics);
        AggregationStrategy outcomes = camel.lookup("unitOutcomes", AggregationStrategy.class);
        camel.bind("unitOutcomes", (AggregationStrategy) (earlier, part) -> {
            noteFailure(part, hasToEnd);
            return outcomes.aggregate(earlier, part);
        });
        camel.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                errorHandler(noErrorHandler());
                from("direct:destination-" + definition.destination()).process(PreviewRun.this::keep);
                from("direct:credentials").process(exchange -> exchange.getMessage()
                        .setBody(LakeCredentials.ask(keys, definition.tenant(), definition.dataset())));
            }
        });
    }

    /** Replaces the destination. */
    private void keep(Exchange exchange) throws StoppedException {
        first.compareAndSet(null, exchange.getVariable("batch", Batch.class));
        exports.stop();
        throw new StoppedException();
    }

    /** The objects of an unreadable bundle come again, one by one. */
    private void noteFailure(Exchange part, BooleanSupplier hasToEnd) {
        Unit unit = part.getVariable(Cursor.UNIT, Unit.class);
        if (part.getException() != null && unit != null && !unit.isBundle()) {
            failure.set(part.getException());
        }
        if (part.getException() != null && hasToEnd.getAsBoolean()) {
            exports.stop();
        }
    }

    /**
     * Reads objects until there is a batch.
     *
     * @return empty if the query selects no record
     * @throws ConnectorException if the query or an object cannot be read
     * @throws Exception if the routes do not start
     */
    public Optional<Batch> firstBatch() throws Exception {
        exports.add(List.of(definition));
        CamelContext context = DeliveryCamel.init(camel);
        camel.start();
        ExportCamel.addRoute(context);
        Exchange run;
        try (ProducerTemplate template = context.createProducerTemplate()) {
            run = template.request("direct:export", exchange -> exchange.setVariable("lane", definition.lane()));
        }
        Batch batch = first.get();
        Throwable why = failure.get() == null ? run.getException() : failure.get();
        if (batch == null && why != null) {
            throw why instanceof ConnectorException known ? known : new ConnectorException(Failures.describe(why), why);
        }
        return Optional.ofNullable(batch);
    }

    @Override
    public void close() {
        exports.stop();
        camel.stop();
        exports.close();
        metrics.close();
    }
}
