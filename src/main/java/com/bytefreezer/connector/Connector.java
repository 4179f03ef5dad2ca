package com.bytefreezer.connector;

import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.cursor.History;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.DeliveryCamel;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.delivery.StandardOutput;
import com.bytefreezer.connector.export.Export;
import com.bytefreezer.connector.export.Exports;
import com.bytefreezer.connector.export.Lanes;
import com.bytefreezer.connector.export.Outcomes;
import com.bytefreezer.connector.export.Schedule;
import com.bytefreezer.connector.operations.Status;
import com.bytefreezer.connector.server.HttpServer;
import java.nio.file.Path;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.main.Main;
import org.jspecify.annotations.Nullable;

/** The running exports: Camel with the route files, and the beans they use. In watch mode it serves the API, too. */
public final class Connector implements AutoCloseable {
    private final Main camel;
    private final Cursor cursor;
    private final Exports exports;
    private final Settings settings;
    private final Secrets secrets;
    private final History history;
    private volatile @Nullable Schedule schedule;
    private final Mode mode;

    /**
     * Prepares everything; {@link #start} begins to work.
     *
     * @param cursor closed with the connector
     * @param mode batch or watch
     */
    public Connector(Settings settings, Secrets secrets, Cursor cursor, Mode mode) {
        this.settings = settings;
        this.secrets = secrets;
        history = History.open(settings);
        this.mode = mode;
        this.cursor = cursor;
        exports = new Exports(settings, cursor, mode == Mode.WATCH);
        DeadLetters deadLetters = new DeadLetters(Path.of(settings.text("delivery.dead-letters-folder")));
        Deliveries deliveries = new Deliveries(
                cursor, deadLetters, settings.text("delivery.on-rejected").equals("stop"));
        camel = DeliveryCamel.prepare(settings, settings.routeFiles(), deliveries, new StandardOutput());
        camel.bind("settings", settings);
        camel.bind("secrets", secrets);
        camel.bind("lanes", new Lanes());
        camel.bind("status", Status.ofRunning(settings, deadLetters, exports, () -> schedule));
        camel.bind("exports", exports);
        camel.bind("cursor", cursor);
        camel.bind("lakeCredentials", new LakeCredentials(settings, secrets));
        camel.bind("batchOutcomes", Outcomes.ofBatches(deliveries));
        camel.bind("unitOutcomes", Outcomes.ofUnits(exports));
    }

    /** Starts the routes and a trigger for each export to each of its destinations. */
    public Schedule start() throws Exception {
        CamelContext context = DeliveryCamel.init(camel);
        if (mode.serves()) {
            HttpServer.start(context, settings).announce();
        }
        camel.start();
        Schedule schedule = new Schedule(settings, exports, camel.lookup("retries", Retries.class), history, secrets);
        this.schedule = schedule;
        context.getRegistry().bind("schedule", schedule);
        for (Export export : exports.all()) {
            for (String template : new String[] {"run", mode.toString()}) {
                TemplatedRouteBuilder.builder(context, template)
                        .routeId(template + "-" + export.lane())
                        .parameter("lane", export.lane())
                        .parameter("intervalSeconds", export.intervalSeconds())
                        .add();
            }
        }
        return schedule;
    }

    /** Finishes the batches in flight, at most for {@code shutdown.timeout-seconds}, and gives everything back. */
    @Override
    public void close() {
        exports.stop();
        camel.stop();
        cursor.close();
    }
}
