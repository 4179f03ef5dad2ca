package com.bytefreezer.connector;

import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.Instance;
import com.bytefreezer.connector.control.Instance.Condition;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.delivery.DeliveryCamel;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.operations.Operations;
import com.bytefreezer.connector.query.DuckDb;
import com.bytefreezer.connector.query.Query;
import com.bytefreezer.connector.server.HttpServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * Interactive mode: the API and the page, and no export of its own. It holds no cursor, so that a batch or watch may run
 * beside it.
 */
final class Workbench implements AutoCloseable {
    private final Settings settings;
    private final Main camel;
    private final Operations operations;
    private final Metrics metrics = new Metrics(Version.number());

    /** Prepares everything; {@link #start} begins to work. */
    Workbench(Settings settings, Secrets secrets) {
        this.settings = settings;
        camel = DeliveryCamel.prepare(settings, settings.routeFiles());
        camel.bind("settings", settings);
        camel.bind("secrets", secrets);
        operations = Operations.ofStore(settings, camel::getCamelContext);
        camel.bind("operations", operations);
        camel.bind("status", operations.status());
        camel.bind("metrics", metrics);
        camel.bind("lakeCredentials", new LakeCredentials(settings, secrets));
    }

    /** Serves, and says where. */
    HttpServer start() throws Exception {
        CamelContext context = DeliveryCamel.init(camel);
        HttpServer server = HttpServer.start(context, settings, operations::whyNotReady);
        context.getRegistry()
                .bind(
                        "instance",
                        new Instance(
                                settings,
                                Mode.INTERACTIVE,
                                Version.number(),
                                server.port(),
                                () -> new Condition("", Map.of())));
        camel.start();
        server.announce();
        Thread first = new Thread(Workbench::useDuckDb, "duckdb-first-use");
        first.setDaemon(true);
        first.start();
        return server;
    }

    /** At its first use the library is unpacked and loaded, for which the first visitor would wait. */
    private static void useDuckDb() {
        try (Connection connection = DuckDb.forParsing()) {
            Query.parse("FROM events", connection);
        } catch (SQLException | ConnectorException e) {
            // The first query tells of it.
        }
    }

    @Override
    public void close() {
        Instance.leave(camel.getCamelContext());
        camel.stop();
        metrics.close();
    }
}
