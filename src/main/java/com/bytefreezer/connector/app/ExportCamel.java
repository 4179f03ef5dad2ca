package com.bytefreezer.connector.app;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.Circuit;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.destination.DeliveryCamel;
import com.bytefreezer.connector.destination.StandardOutput;
import com.bytefreezer.connector.lane.Exports;
import com.bytefreezer.connector.lane.LaneSteps;
import com.bytefreezer.connector.lane.Outcomes;
import com.bytefreezer.connector.metrics.Metrics;
import com.bytefreezer.connector.query.RunJdbc;
import java.nio.file.Path;
import java.util.Collection;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.main.Main;

/** Camel with the beans that the steps of {@code routes/export.camel.yaml} name. */
final class ExportCamel {
    private ExportCamel() {}

    /** Camel with these route files, ready for further beans and then {@link DeliveryCamel#init}. */
    static Main prepare(
            Settings settings,
            Collection<Path> routeFiles,
            Exports exports,
            Cursor cursor,
            Deliveries deliveries,
            Circuit circuit,
            Metrics metrics) {
        Main camel = DeliveryCamel.prepare(settings, routeFiles, deliveries, new StandardOutput(), circuit);
        camel.bind("settings", settings);
        camel.bind("export", new LaneSteps(exports, deliveries));
        camel.bind("turns", exports.turns());
        camel.bind("duckdb", exports.dataSource());
        camel.bind("jdbc", new RunJdbc());
        camel.bind("readers", exports.readers());
        camel.bind("deliverers", exports.deliverers());
        camel.bind("cursor", cursor);
        camel.bind("metrics", metrics);
        camel.bind("batchOutcomes", Outcomes.ofBatches(deliveries, metrics));
        camel.bind("unitOutcomes", Outcomes.ofUnits(exports, metrics));
        return camel;
    }

    /** Creates the one route that all lanes use. */
    static void addRoute(CamelContext started) throws Exception {
        TemplatedRouteBuilder.builder(started, "export")
                .routeId("export")
                .parameter("name", "any")
                .add();
    }
}
