package com.bytefreezer.connector.server;

import com.bytefreezer.connector.ConnectorException;
import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.delivery.Failures;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.support.service.ServiceHelper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on {@code server.host}:{@code server.port} for the routes in {@code routes/api/}. Camel serves; this adds a
 * {@link Gate} before them and fails when the port is taken, which Camel only warns of.
 */
public final class HttpServer {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
    /** More than any statement or export that a person writes. */
    private static final long MAX_BODY_BYTES = 1024 * 1024;
    /** More than may wait for the lake at the same time, so that a probe is answered all the same. */
    private static final int WORKERS = 64;

    private final int port;
    private final Gate gate;

    private HttpServer(int port, Gate gate) {
        this.port = port;
        this.gate = gate;
    }

    /**
     * Listens. To be called before routes are added to {@code context}, which stops the server with itself.
     *
     * @throws ConnectorException when it cannot listen there
     */
    public static HttpServer start(CamelContext context, Settings settings) throws Exception {
        int port = settings.integer("server.port");
        checkFree(address(settings), port);
        return start(context, settings, port);
    }

    /**
     * The same, but where the port is taken, on any other: so that several watches can run on one machine, as the
     * original's could, which had no server.
     */
    public static HttpServer startSomewhere(CamelContext context, Settings settings) throws Exception {
        int port = settings.integer("server.port");
        try {
            checkFree(address(settings), port);
            return start(context, settings, port);
        } catch (ConnectorException taken) {
            HttpServer server = start(context, settings, 0);
            LOG.warn(
                    "server.port {}: another process listens there. The exports run, and the API is on port {} until the next start. Choose another server.port.",
                    port,
                    server.port());
            return server;
        }
    }

    /** Without a look whether the port is free; another process may be quicker anyway. */
    static HttpServer start(CamelContext context, Settings settings, int wanted) throws Exception {
        String host = settings.text("server.host");
        VertxPlatformHttpServerConfiguration configuration = new VertxPlatformHttpServerConfiguration();
        configuration.setBindHost(host);
        configuration.setBindPort(wanted);
        configuration.setPort(wanted);
        configuration.setMaxBodySize(MAX_BODY_BYTES);
        configuration.getBodyHandler().setHandleFileUploads(false);
        Listener server = new Listener(configuration);
        context.getRegistry().bind("httpServer", server);
        // An export that is waited for may take hours; Vert.x would tell of it each second, with a stack trace.
        context.getRegistry()
                .bind(
                        "vertxOptions",
                        new VertxOptions().setWorkerPoolSize(WORKERS).setMaxWorkerExecuteTime(Long.MAX_VALUE));
        server.setCamelContext(context);
        // Not left to Camel, which would start it after the routes are there.
        ServiceHelper.startService(server);
        if (server.hasFailed()) {
            ServiceHelper.stopService(server);
            throw taken(wanted, host, "another process was quicker");
        }
        context.addService(server);
        int port = server.getPort();
        Gate gate = new Gate(isLoopback(settings), settings.optional("server.token"));
        VertxPlatformHttpRouter router =
                VertxPlatformHttpRouter.lookup(context, VertxPlatformHttpRouter.getRouterNameFromPort(wanted));
        // Camel looks for the port that it really has, when 0 was asked for.
        context.getRegistry().bind(VertxPlatformHttpRouter.getRouterNameFromPort(port), router);
        router.route().order(Integer.MIN_VALUE).handler(gate).failureHandler(Gate::failed);
        router.route().order(Integer.MAX_VALUE).handler(exchange -> Gate.noRoute(exchange, router.getRoutes()));
        return new HttpServer(port, gate);
    }

    /**
     * Whether only this machine can reach a server with these settings.
     *
     * @throws ConnectorException when {@code server.host} is no address
     */
    public static boolean isLoopback(Settings settings) {
        return address(settings).isLoopbackAddress();
    }

    /** Tells how to open it; not in the log, since whoever reads that must not learn the token. */
    public void announce() {
        System.err.println("Open " + link());
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** What a person on this machine opens, with the token when one is needed. */
    String link() {
        return "http://localhost:%d/%s"
                .formatted(port, gate.token().map(token -> "?token=" + token).orElse(""));
    }

    private static InetAddress address(Settings settings) {
        String host = settings.text("server.host");
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new ConnectorException(
                    "server.host: %s is no address of this machine. Not started. Use 127.0.0.1 or 0.0.0.0."
                            .formatted(host),
                    e);
        }
    }

    private static void checkFree(InetAddress address, int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address, port));
        } catch (BindException e) {
            throw taken(port, address.getHostAddress(), String.valueOf(e.getMessage()));
        }
    }

    private static ConnectorException taken(int port, String host, String reason) {
        return new ConnectorException(
                "server.port %d: cannot listen on %s (%s). Not started. Stop what uses it, or choose another server.port."
                        .formatted(port, host, reason));
    }

    /** Camel's server, which tells nobody but Vert.x that it does not listen. */
    private static final class Listener extends VertxPlatformHttpServer {
        /** Vert.x tells of it right after Camel goes on. */
        private static final long PATIENCE_MS = 100;

        private final CountDownLatch failed = new CountDownLatch(1);
        private volatile boolean listens;

        private Listener(VertxPlatformHttpServerConfiguration configuration) {
            super(configuration);
        }

        @Override
        protected Vertx createVertxInstance() {
            Vertx vertx = super.createVertxInstance();
            vertx.exceptionHandler(failure -> {
                if (listens) {
                    LOG.error("HTTP server: {}", Failures.describe(failure), failure);
                }
                failed.countDown();
            });
            return vertx;
        }

        private boolean hasFailed() throws InterruptedException {
            listens = !failed.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
            return !listens;
        }
    }
}
