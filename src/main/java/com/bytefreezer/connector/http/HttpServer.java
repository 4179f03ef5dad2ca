package com.bytefreezer.connector.http;

import com.bytefreezer.connector.config.Settings;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Failures;
import com.bytefreezer.connector.problem.Problem;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens on {@code server.host}:{@code server.port} for the routes in {@code routes/api/}. Camel serves those; this
 * adds a {@link Gate} in front of them, bounded {@link Connections}, and answers that do not depend on the routes: the
 * page's files and the probes ({@link Reception}).
 */
public final class HttpServer {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
    /** More than the number of requests that may wait for the lake at the same time. */
    private static final int WORKERS = 64;
    /** Time limit for a client's request, and for taking a part of its answer. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final int port;
    private final Invitation invitation;

    private HttpServer(int port, Invitation invitation) {
        this.port = port;
        this.invitation = invitation;
    }

    /**
     * Listens, and answers "try again" until {@code context}, which still gets its routes, has started. The context
     * stops the server.
     *
     * @param whyNotReady says in one line why the process is not ready; empty if it is; may take long
     * @throws ConnectorException if it cannot listen there
     */
    public static HttpServer start(CamelContext context, Settings settings, Supplier<Optional<String>> whyNotReady)
            throws Exception {
        int port = settings.integer("server.port");
        checkFree(address(settings), port);
        return start(context, settings, whyNotReady, port);
    }

    /**
     * As above, but uses any other port if this one is taken: like the original's, which had no server, several watches
     * can run on one machine.
     */
    public static HttpServer startSomewhere(
            CamelContext context, Settings settings, Supplier<Optional<String>> whyNotReady) throws Exception {
        int port = settings.integer("server.port");
        try {
            checkFree(address(settings), port);
            return start(context, settings, whyNotReady, port);
        } catch (ConnectorException taken) {
            HttpServer server = start(context, settings, whyNotReady, 0);
            LOG.warn(
                    "server.port {}: another process listens there. The work goes on, and the API is on port {} until the next start. Choose another server.port.",
                    port,
                    server.port());
            return server;
        }
    }

    /** Does not check first whether the port is free; another process could take it in between anyway. */
    static HttpServer start(CamelContext context, Settings settings, Supplier<Optional<String>> whyNotReady, int wanted)
            throws Exception {
        return start(context, settings, whyNotReady, wanted, new Connections(PATIENCE));
    }

    static HttpServer start(
            CamelContext context,
            Settings settings,
            Supplier<Optional<String>> whyNotReady,
            int wanted,
            Connections connections)
            throws Exception {
        String host = settings.text("server.host");
        VertxPlatformHttpServerConfiguration configuration = new VertxPlatformHttpServerConfiguration();
        configuration.setBindHost(host);
        configuration.setBindPort(wanted);
        configuration.setMaxBodySize(Reception.MAX_BODY_BYTES);
        configuration.getBodyHandler().setHandleFileUploads(false);
        Optional<Token> token = Token.of(settings, isLoopback(settings));
        Reception reception = new Reception(context, token, Page.ofProcess(), new Readiness(whyNotReady));
        Listener listener = new Listener(
                configuration,
                WORKERS,
                Optional.empty(),
                connections::guard,
                reception::receive,
                reception::refuseGarbage);
        Router router;
        try {
            router = listener.open(context, "httpServer");
        } catch (Exception e) {
            throw taken(wanted, host, Failures.describe(e));
        }
        int port = listener.getPort();
        reception.leadTo(router);
        Invitation invitation = new Invitation(port, token);
        context.addService(invitation);
        return new HttpServer(port, invitation);
    }

    /**
     * Whether only this machine can reach a server with these settings.
     *
     * @throws ConnectorException if {@code server.host} is not an address
     */
    public static boolean isLoopback(Settings settings) {
        return address(settings).isLoopbackAddress();
    }

    /** Logs how to open it. */
    public void announce() {
        invitation.tell();
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    private static InetAddress address(Settings settings) {
        String host = settings.text("server.host");
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new ConnectorException(
                    "server.host: %s is not an address of this machine.".formatted(host),
                    Problem.NOT_STARTED,
                    "Use 127.0.0.1 or 0.0.0.0.",
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
                "server.port %d: cannot listen on %s (%s).".formatted(port, host, reason),
                Problem.NOT_STARTED,
                "Stop what uses it, or choose another server.port.",
                null);
    }
}
