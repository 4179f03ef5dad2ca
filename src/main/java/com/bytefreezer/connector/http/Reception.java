package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import com.bytefreezer.connector.problem.Failures;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives each request before Camel's router: asks the {@link Gate}, answers open requests itself, and passes only
 * admitted ones to the routes. Everything runs on an event loop, which never blocks, so the probes and the page answer
 * even while all workers of the routes are busy. Safe for use by several threads.
 */
final class Reception {
    /** More than any statement or export a person writes. */
    static final long MAX_BODY_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    /** The page has no inline scripts or styles, and calls only its own server. */
    private static final String CONTENT_SECURITY_POLICY =
            "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
                    + " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private final CamelContext context;
    private final Optional<Token> token;
    private final Map<String, Handler<HttpServerRequest>> open = new HashMap<>();
    private final Gate gate;
    private final Readiness readiness;
    /** When a fault was last logged, in nanoseconds. */
    private final AtomicLong told = new AtomicLong(System.nanoTime() - PAUSE.toNanos());

    private volatile @Nullable Router router;

    /**
     * A reception.
     *
     * @param context its routes answer from its start to its stop
     */
    Reception(CamelContext context, Optional<Token> token, Page page, Readiness readiness) {
        this.context = context;
        this.token = token;
        this.readiness = readiness;
        Map<String, Handler<HttpServerRequest>> probes =
                Map.of("/api/v1/health", this::health, "/api/v1/ready", this::ready);
        Map<String, Asset> assets = page.assets();
        open.putAll(probes);
        assets.forEach((path, asset) -> open.put(path, asset::answer));
        gate = new Gate(token, probes.keySet(), assets.keySet());
    }

    /** Lets the routes answer admitted requests. */
    void leadTo(Router routes) {
        routes.route().order(Integer.MIN_VALUE).failureHandler(Reception::failed);
        routes.route().order(Integer.MAX_VALUE).handler(this::noRoute);
        router = routes;
    }

    /** Answers. */
    void receive(HttpServerRequest raw) {
        try {
            protect(raw.response());
            Request request = Request.of(raw);
            switch (gate.decide(request)) {
                case OPEN -> answerOpenly(raw, request.path());
                case LOGIN -> login(raw, request);
                case ADMITTED -> lead(raw);
            }
        } catch (ApiException e) {
            refuse(raw, e.status(), String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            if (mayTell()) {
                LOG.error("HTTP server: {} A request was not answered.", Failures.describe(e), e);
            }
            refuse(raw, 500, "The request cannot be answered.");
        }
    }

    /** Answers an invalid request. */
    void refuseGarbage(HttpServerRequest raw) {
        Throwable cause = raw.decoderResult().cause();
        int status = cause instanceof TooLongHttpLineException
                ? 414
                : cause instanceof TooLongHttpHeaderException ? 431 : 400;
        HttpServerResponse response = raw.response();
        protect(response);
        answer(
                response.putHeader("Connection", "close"),
                status,
                Map.of("error", "This is not an HTTP request, or its head is larger than 8 KB."));
    }

    private void answerOpenly(HttpServerRequest raw, String path) {
        if (hasStarted()) {
            open.getOrDefault(path, Reception::unavailable).handle(raw);
        } else {
            unavailable(raw);
        }
    }

    /** A person's link; removes the token from the address bar and the history. */
    private void login(HttpServerRequest raw, Request request) {
        raw.response()
                .addCookie(Cookie.cookie(request.cookie(), token.orElseThrow().cookie())
                        .setHttpOnly(true)
                        .setSameSite(CookieSameSite.STRICT)
                        .setPath("/"))
                .setStatusCode(303)
                .putHeader("Location", "/")
                .end();
    }

    private void lead(HttpServerRequest raw) {
        Router routes = router;
        if (routes == null || !hasStarted()) {
            unavailable(raw);
        } else {
            routes.handle(raw);
        }
    }

    /** Whether the routes are ready; at a stop they end one by one. */
    private boolean hasStarted() {
        return context.isStarted();
    }

    private void health(HttpServerRequest raw) {
        answer(raw.response(), 200, Map.of("status", "ok"));
    }

    private void ready(HttpServerRequest raw) {
        Future.fromCompletionStage(readiness.ask(), Vertx.currentContext()).onSuccess(reason -> {
            if (reason.isEmpty()) {
                answer(raw.response(), 200, Map.of("status", "ready"));
            } else {
                answer(raw.response(), 503, Map.of("status", "not ready", "reason", reason.get()));
            }
        });
    }

    private static void unavailable(HttpServerRequest raw) {
        raw.response().putHeader("Retry-After", "1");
        refuse(raw, 503, "The connector is starting or stopping. Try again in a second.");
    }

    /** As the original (docs/contracts.md, The original); 405 if the path exists for another method. */
    private void noRoute(RoutingContext exchange) {
        HttpServerRequest raw = exchange.request();
        Stream<String> ofRoutes = routes().stream()
                .filter(route -> route.methods() != null && hasPath(route, raw.path()))
                .flatMap(route -> route.methods().stream())
                .map(HttpMethod::name);
        Stream<String> ofOpen = open.containsKey(raw.path()) ? Stream.of("GET", "HEAD") : Stream.of();
        String allowed = Stream.concat(ofRoutes, ofOpen).distinct().collect(Collectors.joining(", "));
        if (allowed.isEmpty()) {
            raw.response()
                    .setStatusCode(404)
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end("404 page not found\n");
        } else {
            raw.response().putHeader("Allow", allowed);
            refuse(raw, 405, "%s is not allowed here.".formatted(raw.method()));
        }
    }

    private List<Route> routes() {
        Router current = router;
        return current == null ? List.of() : current.getRoutes();
    }

    /** Vert.x does not say whether the path alone matches. */
    private static boolean hasPath(Route route, String path) {
        return path.matches(route.getPath().replaceAll(":\\w+", "[^/]+"));
    }

    /** Requests that Vert.x itself refuses, above all a body that is too large. */
    private static void failed(RoutingContext exchange) {
        int status = exchange.statusCode() < 400 ? 500 : exchange.statusCode();
        refuse(
                exchange.request(),
                status,
                status == 413 ? "The body is larger than 1 MB." : "The request cannot be answered.");
    }

    private static void protect(HttpServerResponse response) {
        response.putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                // The clock of a browser may be wrong.
                .putHeader("Date", DATE.format(Instant.now()))
                // Unless the answer says otherwise.
                .putHeader("Cache-Control", "no-store");
    }

    /** Does not wait for a long request body. */
    private static void refuse(HttpServerRequest raw, int status, String reason) {
        HttpServerResponse response = raw.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (status == 401) {
            response.putHeader("WWW-Authenticate", "Bearer");
        }
        if (hasLongBody(raw)) {
            response.putHeader("Connection", "close");
        }
        answer(response, status, Map.of("error", reason));
    }

    private static boolean hasLongBody(HttpServerRequest raw) {
        String length = raw.getHeader("Content-Length");
        return raw.headers().contains("Transfer-Encoding")
                || (length != null && (length.length() > 7 || Long.parseLong(length) > MAX_BODY_BYTES));
    }

    private static void answer(HttpServerResponse response, int status, Map<String, String> body) {
        Buffer content = Json.encodeToBuffer(new TreeMap<>(body));
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .putHeader("Content-Length", String.valueOf(content.length()))
                .end(content);
    }

    /** Logs our own faults only now and then, so that nobody can fill the log. */
    private boolean mayTell() {
        long now = System.nanoTime();
        long last = told.get();
        return now - last >= PAUSE.toNanos() && told.compareAndSet(last, now);
    }
}
