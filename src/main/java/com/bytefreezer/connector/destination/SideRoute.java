package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.RouteFiles;
import com.bytefreezer.connector.config.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;

/** A route in a destination's file beside its delivery, such as {@code check-<name>}. */
public final class SideRoute {
    private SideRoute() {}

    /**
     * Runs the route in a Camel of its own, without the delivery, which might write when it starts.
     *
     * @param question puts what the route needs into the exchange
     * @param from one of {@link RouteFiles}' addresses; the destination's name follows
     * @throws TimeoutException if there is no answer within {@code patience}
     * @throws Exception what the route throws
     */
    public static <T> T ask(
            Settings settings,
            String from,
            String destination,
            Processor question,
            Duration patience,
            Function<Message, T> reading)
            throws Exception {
        Main own = DeliveryCamel.prepare(settings, List.of(settings.routes().fileOf(destination)));
        own.configure().setRouteFilterIncludePattern(from.substring("direct:".length()) + destination + "*");
        try {
            CamelContext context = DeliveryCamel.init(own);
            // A failure is the answer; it must not be logged.
            context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
            own.start();
            Future<Exchange> asked = context.createProducerTemplate().asyncSend(from + destination, question);
            Exchange answer = asked.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            if (answer.getException() != null) {
                throw answer.getException();
            }
            return reading.apply(answer.getMessage());
        } finally {
            own.stop();
        }
    }
}
