package com.bytefreezer.connector.http;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Camel's HTTP server, which gives its routes a router, with what Camel leaves to nobody: the options of the server, who
 * looks at a request before the router, and that a taken port is an error.
 */
final class Listener extends VertxPlatformHttpServer {
    private final VertxPlatformHttpServerConfiguration configuration;
    private final Vertx vertx;
    private final Handler<HttpConnection> connections;
    private final Handler<HttpServerRequest> requests;
    private final Handler<HttpServerRequest> invalid;
    private @Nullable HttpServer server;

    /**
     * A listener.
     *
     * @param workers threads that answer for the routes
     * @param connections sees each new connection
     * @param requests gets each request, by an event loop
     * @param invalid gets what is no request
     */
    Listener(
            VertxPlatformHttpServerConfiguration configuration,
            int workers,
            Handler<HttpConnection> connections,
            Handler<HttpServerRequest> requests,
            Handler<HttpServerRequest> invalid) {
        super(configuration);
        this.configuration = configuration;
        this.connections = connections;
        this.requests = requests;
        this.invalid = invalid;
        // An export that is waited for may take hours; Vert.x would tell of it each second, with a stack trace.
        vertx = Vertx.vertx(new VertxOptions().setWorkerPoolSize(workers).setMaxWorkerExecuteTime(Long.MAX_VALUE));
        setVertx(vertx);
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
                // HTTP/2, which nobody needs here, has no request line that could be looked at.
                .setHttp2ClearTextEnabled(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setMaxInitialLineLength(8 * 1024)
                .setMaxHeaderSize(8 * 1024);
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

    /** With its server. */
    private static void close(Vertx vertx) {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
