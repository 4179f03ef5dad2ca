package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.BatchConverters;
import com.bytefreezer.connector.delivery.Circuit;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.GuardedSteps;
import com.bytefreezer.connector.delivery.GuardedTasks;
import com.bytefreezer.connector.delivery.Pace;
import com.bytefreezer.connector.delivery.Retries;
import com.bytefreezer.connector.delivery.SettingTexts;
import com.bytefreezer.connector.net.BoundedHttp;
import com.bytefreezer.connector.net.UnderscoredHosts;
import com.bytefreezer.connector.signs.Signs;
import com.bytefreezer.connector.text.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Properties;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.main.SimpleMainShutdownStrategy;

/**
 * The Camel of every destination: the settings as placeholders, the beans of the delivery, and no retries of Camel's
 * own.
 */
public final class DeliveryCamel {
    private DeliveryCamel() {}

    /** Camel with these route files and settings, ready for further beans and then {@link #init}. */
    public static Main prepare(Settings settings, Collection<Path> routeFiles) {
        Main camel = new Main() {
            @Override
            protected CamelContext createCamelContext() {
                CamelContext context = super.createCamelContext();
                ServiceFiles.rememberFor(context);
                return context;
            }
        };
        camel.setShutdownStrategy(new SimpleMainShutdownStrategy());
        camel.setPropertyPlaceholderLocations("false");
        camel.setOverrideProperties(properties(settings, routeFiles));
        SettingTexts texts = SettingTexts.of(settings, camel);
        // Must happen before Camel creates the beans of the route files.
        camel.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport main) {
                PropertiesComponent placeholders =
                        (PropertiesComponent) main.getCamelContext().getPropertiesComponent();
                placeholders.addPropertiesFunction(texts);
                // The environment is among the settings already, below the command line.
                placeholders.setEnvironmentVariableMode(PropertiesComponent.ENVIRONMENT_VARIABLES_MODE_NEVER);
                placeholders.setSystemPropertiesMode(PropertiesComponent.SYSTEM_PROPERTIES_MODE_NEVER);
            }
        });
        // Camel finds these four by their types.
        camel.bind("jsonMapper", Json.ofRequests());
        camel.bind("guardedSteps", new GuardedSteps());
        camel.bind("guardedTasks", new GuardedTasks());
        camel.bind("underscoredHosts", new UnderscoredHosts());
        camel.bind("http", new BoundedHttp());
        camel.bind("https", new BoundedHttp());
        return camel;
    }

    /** The same with everything that destinations need. */
    public static Main prepare(
            Settings settings, Collection<Path> routeFiles, Deliveries deliveries, StandardOutput output) {
        return prepare(settings, routeFiles, deliveries, output, new Circuit(new Signs()));
    }

    /** The same with a {@code circuit} that knows the state of the destinations. */
    public static Main prepare(
            Settings settings,
            Collection<Path> routeFiles,
            Deliveries deliveries,
            StandardOutput output,
            Circuit circuit) {
        Main camel = prepare(settings, routeFiles);
        camel.bind("circuit", circuit);
        camel.bind("deliveries", deliveries);
        camel.bind("standardOutput", output);
        camel.bind(
                "retries",
                new Retries(
                        settings.integer("delivery.max-retries"),
                        Duration.ofMillis(settings.integer("delivery.max-retry-delay-ms")),
                        circuit));
        camel.bind(
                "pace",
                new Pace(settings.optional("delivery.max-records-per-second").map(Integer::valueOf)));
        return camel;
    }

    /** Prepares {@link Main#start}, which starts the routes. */
    public static CamelContext init(Main camel) throws Exception {
        camel.init();
        CamelContext context = camel.getCamelContext();
        context.getTypeConverterRegistry().addTypeConverters(BatchConverters.class);
        context.getTypeConverterRegistry().addTypeConverters(ConstantConverters.class);
        return context;
    }

    private static Properties properties(Settings settings, Collection<Path> routeFiles) {
        Properties properties = settings.asProperties();
        properties.setProperty(
                "camel.main.routesIncludePattern",
                routeFiles.stream().map(file -> "file:" + file).collect(Collectors.joining(",")));
        properties.setProperty("camel.main.shutdownTimeout", settings.text("shutdown.timeout-seconds"));
        properties.setProperty("camel.main.shutdownLogInflightExchangesOnTimeout", "false");
        // It would print every setting.
        properties.setProperty("camel.main.autoConfigurationLogSummary", "false");
        properties.setProperty("camel.main.jmxEnabled", "false");
        properties.setProperty("camel.dataformat.jackson.autoDiscoverObjectMapper", "true");
        return properties;
    }
}
