package com.bytefreezer.connector;

import com.bytefreezer.connector.config.Secrets;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.control.LakeCredentials;
import com.bytefreezer.connector.cursor.Cursor;
import com.bytefreezer.connector.delivery.BatchConverters;
import com.bytefreezer.connector.delivery.DeadLetters;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.delivery.StandardOutput;
import com.bytefreezer.connector.delivery.splunk.HecComponent;
import com.bytefreezer.connector.export.Export;
import com.bytefreezer.connector.export.Exports;
import com.bytefreezer.connector.export.Outcomes;
import com.bytefreezer.connector.export.Schedule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.builder.TemplatedRouteBuilder;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.Main;
import org.apache.camel.main.SimpleMainShutdownStrategy;

/** The running connector: Camel with the route files, and the beans they use. */
final class Connector implements AutoCloseable {
    private final Main camel = new Main();
    private final Cursor cursor;
    private final Exports exports;
    private final Settings settings;

    /** Prepares everything; {@link #start} begins to work. */
    Connector(Settings settings, Secrets secrets, Cursor cursor, boolean watch) {
        this.settings = settings;
        this.cursor = cursor;
        exports = new Exports(settings, cursor, watch);
        camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        camel.setPropertyPlaceholderLocations("false");
        camel.setOverrideProperties(properties());
        camel.bind("exports", exports);
        camel.bind("cursor", cursor);
        camel.bind("lakeCredentials", new LakeCredentials(settings, secrets));
        Deliveries deliveries = new Deliveries(
                cursor,
                new DeadLetters(Path.of(settings.text("delivery.dead-letters-folder"))),
                settings.text("delivery.on-rejected").equals("stop"));
        camel.bind("deliveries", deliveries);
        camel.bind("standardOutput", new StandardOutput());
        camel.bind(
                "retries",
                new Retries(
                        settings.integer("delivery.max-retries"),
                        Duration.ofMillis(settings.integer("delivery.max-retry-delay-ms"))));
        // In place of Camel's own, which checks no host name and sends one event per request.
        camel.bind("splunk-hec", new HecComponent());
        camel.bind("batchOutcomes", Outcomes.ofBatches(deliveries));
        camel.bind("unitOutcomes", Outcomes.ofUnits(exports));
    }

    /**
     * Starts the routes and a trigger for each export.
     *
     * @param mode batch or watch: the template of the trigger
     */
    Schedule start(String mode) throws Exception {
        camel.init();
        CamelContext context = camel.getCamelContext();
        context.getTypeConverterRegistry().addTypeConverters(BatchConverters.class);
        // The environment is among the settings already, below the command line.
        PropertiesComponent placeholders = (PropertiesComponent) context.getPropertiesComponent();
        placeholders.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
        placeholders.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
        camel.start();
        Schedule schedule = new Schedule(settings, exports.all().size());
        context.getRegistry().bind("schedule", schedule);
        for (Export export : exports.all()) {
            for (String template : new String[] {"run", mode}) {
                TemplatedRouteBuilder.builder(context, template)
                        .routeId(template + "-" + export.name())
                        .parameter("name", export.name())
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

    private Properties properties() {
        Properties properties = settings.asProperties();
        String parallel = settings.text("export.parallel-objects");
        String inFlight = settings.text("delivery.max-in-flight");
        pool(properties, "objects", parallel);
        pool(properties, "deliveries", inFlight);
        properties.setProperty(
                "camel.main.routesIncludePattern",
                settings.routeFiles().stream().map(file -> "file:" + file).collect(Collectors.joining(",")));
        properties.setProperty("camel.main.shutdownTimeout", settings.text("shutdown.timeout-seconds"));
        properties.setProperty("camel.main.shutdownLogInflightExchangesOnTimeout", "false");
        // It would print every setting.
        properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
        properties.setProperty("camel.main.jmxEnabled", "false");
        // Retries are those of routes/delivery.camel.yaml alone.
        properties.setProperty("camel.component.http.automaticRetriesDisabled", "true");
        properties.setProperty("camel.component.https.automaticRetriesDisabled", "true");
        return properties;
    }

    private static void pool(Properties properties, String name, String size) {
        properties.setProperty("camel.threadpool.config[%s].poolSize".formatted(name), size);
        properties.setProperty("camel.threadpool.config[%s].maxPoolSize".formatted(name), size);
    }
}
