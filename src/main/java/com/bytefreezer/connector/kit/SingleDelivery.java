package com.bytefreezer.connector.kit;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.lake.LakeObject;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.signs.Signs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;

/**
 * Delivers one batch through the real {@code routes/delivery.camel.yaml} and a destination's own route, in a separate
 * Camel and without an export. For one use.
 */
public final class SingleDelivery {
    private static final String EXPORT = "test";
    private static final int EVERYTHING = 1_000_000_000;

    private final Settings settings;
    private final Collection<Path> routeFiles;
    private final Path folder;
    private final Duration patience;

    /**
     * Prepares a delivery.
     *
     * @param settings {@code destination.type} names the destination
     * @param routeFiles the shared route and the destination's own
     * @param folder for its cursor and dead letters
     * @param patience time limit
     */
    public SingleDelivery(Settings settings, Collection<Path> routeFiles, Path folder, Duration patience) {
        this.settings = settings;
        this.routeFiles = routeFiles;
        this.folder = folder;
        this.patience = patience;
    }

    /** Refused records stop the run because the settings say so. */
    static final class Stopped extends Exception {
        private static final long serialVersionUID = 1L;

        private Stopped(ConnectorException cause) {
            super(cause);
        }
    }

    /**
     * Delivers. Afterwards the batch knows the outcome of each record.
     *
     * @return why it was not delivered, if so
     * @throws Exception if the route does not start
     */
    public Optional<Throwable> deliver(Batch batch, StandardOutput output) throws Exception {
        return deliver(batch, output, context -> {});
    }

    Optional<Throwable> deliver(Batch batch, StandardOutput output, Consumer<CamelContext> started) throws Exception {
        try (Cursor cursor = Cursor.open(folder.resolve("cursor.db"), Duration.ofHours(1))) {
            Deliveries deliveries = Deliveries.ofExports(
                    settings, cursor, new DeadLetters(folder.resolve("dead-letters")), new Signs());
            Main camel = DeliveryCamel.prepare(settings, routeFiles, deliveries, output);
            try {
                CamelContext context = DeliveryCamel.init(camel);
                camel.start();
                requireRoute(context);
                started.accept(context);
                return Optional.ofNullable(send(batch, context, deliveries, cursor));
            } finally {
                camel.stop();
            }
        }
    }

    private @Nullable Throwable send(Batch batch, CamelContext context, Deliveries deliveries, Cursor cursor)
            throws Exception {
        Future<Exchange> answered = context.createProducerTemplate().asyncSend("direct:deliver", exchange -> {
            // As the export's route passes it on.
            exchange.setVariable(Cursor.UNIT, batch.unit());
            cursor.add(exchange, batch.unit().key());
            exchange.setVariable("tenant", batch.unit().tenant());
            exchange.setVariable("dataset", batch.unit().dataset());
            exchange.setVariable("destination", destination());
            exchange.getMessage().setBody(batch);
        });
        Exchange answer;
        try {
            answer = answered.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return new ConnectorException(
                    "it does not end within %d s. A retried sub-route must not remove Camel's count of the retries: removeHeaders with excludePattern CamelRedelivery*"
                            .formatted(patience.toSeconds()),
                    e);
        }
        if (answer.getException() != null) {
            return answer.getException();
        }
        try {
            deliveries.settle(batch, destination());
            return null;
        } catch (ConnectorException e) {
            return new Stopped(e);
        }
    }

    private void requireRoute(CamelContext context) {
        String uri = "direct:destination-" + destination();
        // Without it, Camel would wait for one.
        if (context.getRoutes().stream()
                .noneMatch(route -> route.getEndpoint().getEndpointUri().equals(uri.replace(":", "://")))) {
            throw new ConnectorException("no route in %s.camel.yaml is \"from: %s\"".formatted(destination(), uri));
        }
    }

    private String destination() {
        return settings.text("destination.type");
    }

    /** A batch of these records, each a JSON object, from {@code object}. */
    public static Batch batch(List<byte[]> records, String tenant, String dataset, LakeObject object) {
        Unit unit = new Unit(new Lane(EXPORT, "test"), tenant, dataset, List.of(object), "query", null, null, true);
        // Null after the last one.
        Object[] block = records.toArray(new Object[records.size() + 1]);
        return new Batches(
                        unit,
                        List.<Object[][]>of(new Object[][] {block}).iterator(),
                        records.size(),
                        EVERYTHING,
                        1,
                        () -> false)
                .next();
    }
}
