package com.bytefreezer.connector.destination;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.apache.camel.model.errorhandler.NoErrorHandlerDefinition;

/** The routes in {@code routes/notifications} that the settings choose, in a Camel of their own. For one thread. */
public final class NotificationRoutes implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Main own;
    private final ProducerTemplate template;

    /** @throws ConnectorException if they do not start */
    public NotificationRoutes(Settings settings) {
        List<Path> files = settings.notifications().stream()
                .map(settings.routes()::fileOfNotification)
                .toList();
        own = DeliveryCamel.prepare(settings, files);
        try {
            CamelContext context = DeliveryCamel.init(own);
            // A failure is for who asks.
            context.getCamelContextExtension().setErrorHandlerFactory(new NoErrorHandlerDefinition());
            own.start();
            template = context.createProducerTemplate();
        } catch (Exception e) {
            own.stop();
            throw new ConnectorException("notifications cannot be set up (%s).".formatted(Failures.describe(e)), e);
        }
    }

    /**
     * Tells one of them, within 30 seconds.
     *
     * @throws Exception if it was not taken
     */
    public void send(String name, Notification notification) throws Exception {
        Future<Exchange> answer = template.asyncSend("direct:notification-" + name, exchange -> {
            notification.asMap().forEach(exchange::setVariable);
            exchange.setVariable("notification", notification);
            exchange.getMessage().setBody(notification.toString());
        });
        try {
            Exception failure =
                    answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).getException();
            if (failure != null) {
                throw failure;
            }
        } finally {
            answer.cancel(true);
        }
    }

    @Override
    public void close() {
        own.stop();
    }
}
