package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.DatasetCheck;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.StoppedException;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.Main;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * A destination that settings name: the routes of its kind, in a Camel of their own where the settings of the kind have
 * its values. So any route file may serve several destinations. Deliveries, retries and dead letters are those of the
 * Camel that it belongs to. Safe for use by several threads.
 */
public final class NamedDestination implements DatasetCheck {
    /** What a destination's routes and the shared route of deliveries name. */
    private static final Set<String> SHARED = Set.of("circuit", "deliveries", "standardOutput", "retries", "pace");

    private final String name;
    private final String kind;
    private final Main own;
    private final CamelContext context;
    private final ProducerTemplate template;

    private NamedDestination(Settings settings, String name, CamelContext owner) throws Exception {
        this.name = name;
        kind = settings.routes().kindOf(name);
        own = DeliveryCamel.prepare(settings.of(name), settings.routes().deliveryFiles(kind));
        SHARED.forEach(bean -> own.bind(bean, owner.getRegistry().lookupByName(bean)));
        own.addOverrideProperty("camel.main.autoStartup", String.valueOf(owner.isAutoStartup()));
        context = DeliveryCamel.init(own);
        own.start();
        template = context.createProducerTemplate();
    }

    /**
     * Adds the route {@code direct:destination-<name>} to {@code owner}; it ends with it.
     *
     * @param settings name the destination
     * @param owner initialized
     * @throws ConnectorException if its routes do not start
     */
    public static void add(CamelContext owner, Settings settings, String name) {
        try {
            NamedDestination destination = new NamedDestination(settings, name, owner);
            owner.addLifecycleStrategy(new LifecycleStrategySupport() {
                /** Before the routes of the owner, which wait for its batches in flight. */
                @Override
                public void onContextStopping(CamelContext stopping) {
                    destination.own.stop();
                }
            });
            owner.getRegistry().bind("destination-" + name, destination);
            owner.addRoutes(new RouteBuilder() {
                @Override
                public void configure() {
                    from("direct:destination-" + name)
                            .routeId("destination-" + name)
                            .routeGroup("destinations")
                            .errorHandler(noErrorHandler())
                            .process(destination::handOver);
                }
            });
        } catch (Exception e) {
            throw new ConnectorException(
                    "destination %s cannot be set up (%s).".formatted(name, Failures.describe(e)), e);
        }
    }

    /** The same for all of {@code names} that settings name. */
    public static void addAll(CamelContext owner, Settings settings, Iterable<String> names) {
        for (String name : names) {
            if (settings.routes().isNamed(name)) {
                add(owner, settings, name);
            }
        }
    }

    private void handOver(Exchange exchange) throws Exception {
        if (!context.isStarted()) {
            throw new StoppedException();
        }
        Exchange handed = template.send("direct:destination-" + kind, copy -> {
            exchange.getVariables().forEach(copy::setVariable);
            copy.getMessage().setBody(exchange.getMessage().getBody());
            copy.getMessage().setHeaders(exchange.getMessage().getHeaders());
        });
        if (handed.getException() != null) {
            // As a route's own error handler leaves it for who decides on it.
            exchange.setProperty(Exchange.EXCEPTION_CAUGHT, handed.getException());
            throw handed.getException();
        }
    }

    @Override
    public String destination() {
        return name;
    }

    @Override
    public void require(String tenant, String dataset) {
        DatasetCheck.require(context, kind, tenant, dataset);
    }
}
