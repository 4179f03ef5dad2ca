package com.bytefreezer.connector.http;

import com.bytefreezer.connector.net.ServerTls;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;

/**
 * Camel's HTTP server, which provides the router for its routes. Adds what Camel does not offer: the server's options,
 * a look at each request before the router, and an error if the port is taken.
 */
final class Listener extends VertxPlatformHttpServer {
    private final VertxPlatformHttpServerConfiguration configuration;
    private final Vertx vertx;
    private final Optional<ServerTls> tls;
    private final Handler<HttpConnection> connections;
    private final Handler<HttpServerRequest> requests;
    private final Handler<HttpServerRequest> invalid;
    private @Nullable HttpServer server;

    /**
     * A listener.
     *
     * @param workers threads that run the routes
     * @param tls that it speaks; empty: none
     * @param connections sees each new connection
     * @param requests gets each request, on an event loop
     * @param invalid gets invalid requests
     */
    Listener(
            VertxPlatformHttpServerConfiguration configuration,
            int workers,
            Optional<ServerTls> tls,
            Handler<HttpConnection> connections,
            Handler<HttpServerRequest> requests,
            Handler<HttpServerRequest> invalid) {
        super(configuration);
        this.configuration = configuration;
        this.tls = tls;
        this.connections = connections;
        this.requests = requests;
        this.invalid = invalid;
        // Waiting for an export may take hours; Vert.x would warn every second, with a stack trace.
        vertx = Vertx.vertx(new VertxOptions().setWorkerPoolSize(workers).setMaxWorkerExecuteTime(Long.MAX_VALUE));
        setVertx(vertx);
    }

    /**
     * Listens until {@code context} stops.
     *
     * @param name of this in the registry
     * @return the router of the context's routes
     * @throws Exception if it cannot listen
     */
    Router open(CamelContext context, String name) throws Exception {
        context.getRegistry().bind(name, this);
        setCamelContext(context);
        // Camel would start it only after the routes.
        ServiceHelper.startService(this);
        context.addService(this);
        VertxPlatformHttpRouter router = VertxPlatformHttpRouter.lookup(
                context, VertxPlatformHttpRouter.getRouterNameFromPort(configuration.getBindPort()));
        // For port 0, Camel looks up the actual port.
        context.getRegistry().bind(VertxPlatformHttpRouter.getRouterNameFromPort(getPort()), router);
        return router;
    }

    @Override
    public @Nullable HttpServer getServer() {
        return server;
    }

    @Override
    public int getPort() {
        return server == null ? configuration.getBindPort() : server.actualPort();
    }

    @Override
    protected Vertx lookupVertx() {
        return vertx;
    }

    @Override
    protected void startServer() throws Exception {
        HttpServerOptions options = new HttpServerOptions()
                // HTTP/2 is not needed here and has no request line to check.
                .setHttp2ClearTextEnabled(false)
                // Records repeat the names of their members: a tenth of the bytes, for little work.
                .setCompressionSupported(true)
                .setCompressionLevel(1)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setMaxInitialLineLength(8 * 1024)
                .setMaxHeaderSize(8 * 1024);
        tls.ifPresent(one -> one.apply(options));
        HttpServer created = vertx.createHttpServer(options)
                .connectionHandler(connections)
                .requestHandler(requests)
                .invalidRequestHandler(invalid);
        try {
            server = created.listen(configuration.getBindPort(), configuration.getBindHost())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get();
        } catch (ExecutionException e) {
            close(vertx);
            throw Objects.requireNonNullElse(e.getCause(), e) instanceof Exception reason ? reason : e;
        }
    }

    @Override
    protected void stopServer() {
        getCamelContext().removeComponent(PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME);
    }

    @Override
    protected void stopVertx() {
        server = null;
        close(vertx);
    }

    /** Stopped with its server. */
    private static void close(Vertx vertx) {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
