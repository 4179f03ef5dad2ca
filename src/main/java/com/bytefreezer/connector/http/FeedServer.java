package com.bytefreezer.connector.http;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.net.ServerTls;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Listens on {@code feeds.host}:{@code feeds.http-port} for the input {@code http}, with the same bounds of connections
 * as the {@link HttpServer}. The bodies of requests are paused: the route reads them as they come. Who may send is for
 * the feeds to decide.
 */
public final class FeedServer implements AutoCloseable {
    /** As many as there are connections: each may wait for its sender or for the disk. */
    private static final int WORKERS = 256;
    /** Time limit for a whole request. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final CamelContext context;
    private final Listener listener;

    private FeedServer(CamelContext context, Listener listener) {
        this.context = context;
        this.listener = listener;
    }

    /**
     * Listens until it is closed, or {@code context} stops; its routes answer once it has started.
     *
     * @throws ConnectorException if it cannot listen there
     */
    public static FeedServer start(CamelContext context, Settings settings) {
        String host = settings.text("feeds.host");
        int wanted = settings.integer("feeds.http-port");
        VertxPlatformHttpServerConfiguration configuration = new VertxPlatformHttpServerConfiguration();
        configuration.setBindHost(host);
        configuration.setBindPort(wanted);
        Routes routes = new Routes(context);
        Connections connections = new Connections(PATIENCE);
        Listener listener = new Listener(
                configuration, WORKERS, tls(settings), connections::guard, routes::receive, routes::refuse);
        try {
            routes.router = listener.open(context, "feedServer");
        } catch (Exception e) {
            throw new ConnectorException(
                    "feeds.http-port %d: cannot listen on %s (%s).".formatted(wanted, host, Failures.describe(e)),
                    Problem.NOT_STARTED,
                    "Stop what uses it, or choose another feeds.http-port.",
                    e);
        }
        return new FeedServer(context, listener);
    }

    /** Where it listens. */
    public int port() {
        return listener.getPort();
    }

    /** Closes the port; requests under way lose their connections, and their senders send again. */
    @Override
    public void close() {
        try {
            context.removeService(listener);
            listener.stop();
        } catch (Exception e) {
            throw new IllegalStateException(Failures.describe(e), e);
        }
    }

    /**
     * The TLS of feeds, if the settings have any.
     *
     * @throws ConnectorException if its files cannot be used
     */
    public static Optional<ServerTls> tls(Settings settings) {
        return settings.optional("feeds.certificate-file")
                .map(file -> ServerTls.of(
                        file,
                        settings.optional("feeds.key-file").orElse(""),
                        settings.optional("feeds.key-password").orElse(""),
                        settings.optional("feeds.ca-file").orElse("")));
    }

    /** The way to the routes. */
    private static final class Routes {
        private static final Set<String> PROBES = Set.of("/", "/health");

        private final CamelContext context;
        private volatile @Nullable Router router;

        private Routes(CamelContext context) {
            this.context = context;
        }

        void receive(HttpServerRequest request) {
            Router all = router;
            if (isProbe(request)) {
                if (all == null || !context.isStarted()) {
                    refuse(request, 503, "The feeds are starting or stopping.");
                } else {
                    request.response()
                            .putHeader("Content-Type", "application/json")
                            .end("{\"status\":\"ok\"}");
                }
            } else if (!request.method().equals(HttpMethod.POST)) {
                refuse(request, 405, "Send events with POST.");
            } else if (request.headers().contains("Origin")) {
                // A feed on this machine may have no token, and any page in a browser here could send to it.
                refuse(request, 403, "Pages in a browser cannot send events.");
            } else if (all == null || !context.isStarted()) {
                request.response().putHeader("Retry-After", "5");
                refuse(request, 503, "The feeds are starting or stopping.");
            } else {
                request.pause();
                all.handle(request);
            }
        }

        /** Of a load balancer, or of a sender that asks before it sends again. */
        private static boolean isProbe(HttpServerRequest request) {
            return PROBES.contains(String.valueOf(request.path()))
                    && (request.method().equals(HttpMethod.GET)
                            || request.method().equals(HttpMethod.HEAD));
        }

        void refuse(HttpServerRequest request) {
            refuse(request, 400, "This is not an HTTP request, or its head is larger than 8 KB.");
        }

        private static void refuse(HttpServerRequest request, int status, String why) {
            request.response()
                    .setStatusCode(status)
                    .putHeader("Connection", "close")
                    .putHeader("Content-Type", "application/json")
                    .end("{\"error\":\"%s\"}".formatted(why));
        }
    }
}
