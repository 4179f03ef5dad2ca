package com.bytefreezer.connector.server;

import io.vertx.core.Handler;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask: everybody on this machine while the server listens on loopback only; else who has the token, be it as a
 * bearer token, or in the cookie that {@code /?token=…} sets. Pages of other sites may not, whatever they know: the name
 * that was called must be a loopback one (against DNS rebinding) where no token protects, a foreign Origin is refused,
 * and so is a body that is not JSON (a form needs no preflight). Safe for use by several threads.
 */
final class Gate implements Handler<RoutingContext> {
    private static final String COOKIE = "connector-token";
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    /** Probes have no token; the answers hold no secret. */
    private static final Set<String> OPEN = Set.of("/api/v1/health", "/api/v1/ready");
    /** The page has neither inline script nor inline style, and asks only its own server. */
    private static final String CONTENT_SECURITY_POLICY =
            "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline';"
                    + " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private final @Nullable String token;

    /**
     * A gate.
     *
     * @param loopback whether only this machine can reach the server
     * @param token what to ask for; without one, a random one when others can reach it
     */
    Gate(boolean loopback, Optional<String> token) {
        this.token = token.orElseGet(() -> loopback ? null : random());
    }

    /** What to ask for, if anything. */
    Optional<String> token() {
        return Optional.ofNullable(token);
    }

    @Override
    public void handle(RoutingContext exchange) {
        HttpServerRequest request = exchange.request();
        protect(request, exchange.response());
        if (OPEN.contains(request.path())) {
            exchange.next();
        } else if (token == null && !LOOPBACK.contains(nameIn(request))) {
            refuse(
                    exchange,
                    403,
                    "The connector answers only to localhost. Open http://localhost:<port>/ or set server.token.");
        } else if (isForeign(request)) {
            refuse(exchange, 403, "The request comes from another site's page. Refused.");
        } else if (token != null && isToken(request.getParam("token")) && isRead(request)) {
            // The link that a person opens; the token leaves the address bar and the history.
            exchange.response()
                    .addCookie(Cookie.cookie(COOKIE, token)
                            .setHttpOnly(true)
                            .setSameSite(CookieSameSite.STRICT)
                            .setPath("/"));
            exchange.response()
                    .setStatusCode(303)
                    .putHeader("Location", request.path())
                    .end();
        } else if (token != null && !hasToken(request) && !isPage(request)) {
            exchange.response().putHeader("WWW-Authenticate", "Bearer");
            refuse(
                    exchange,
                    401,
                    "A token is needed. Open the link that the connector printed at its start, or send Authorization: Bearer <server.token>.");
        } else if (hasForeignBody(request)) {
            refuse(exchange, 415, "The body must be JSON, with Content-Type: application/json.");
        } else {
            exchange.next();
        }
    }

    /** As the original answers (CONTRACTS §3.4); with 405 where one of these routes has the path for another method. */
    static void noRoute(RoutingContext exchange, List<Route> routes) {
        String allowed = routes.stream()
                .filter(route -> route.methods() != null && hasPath(route, exchange.normalizedPath()))
                .flatMap(route -> route.methods().stream())
                .map(HttpMethod::name)
                .distinct()
                .collect(Collectors.joining(", "));
        if (allowed.isEmpty()) {
            exchange.response()
                    .setStatusCode(404)
                    .putHeader("Content-Type", "text/plain; charset=utf-8")
                    .end("404 page not found\n");
        } else {
            exchange.response().putHeader("Allow", allowed);
            refuse(
                    exchange,
                    405,
                    "There is nothing for %s here.".formatted(exchange.request().method()));
        }
    }

    /** Vert.x keeps to itself what it finds out about that. */
    private static boolean hasPath(Route route, String path) {
        return path.matches(route.getPath().replaceAll(":\\w+", "[^/]+"));
    }

    /** What Vert.x itself refuses, above all a body that is too large. */
    static void failed(RoutingContext exchange) {
        int status = exchange.statusCode() < 400 ? 500 : exchange.statusCode();
        refuse(exchange, status, status == 413 ? "The body is larger than 1 MB." : "The request cannot be answered.");
    }

    private static void protect(HttpServerRequest request, HttpServerResponse response) {
        response.putHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin");
        // Here, since Camel does not let a route set it.
        response.putHeader("Cache-Control", caching(request.path()));
    }

    private static String caching(String path) {
        if (path.startsWith("/api/")) {
            return "no-store";
        }
        return path.startsWith(Page.LIBRARIES) ? "private, max-age=31536000, immutable" : "no-cache";
    }

    private static void refuse(RoutingContext exchange, int status, String reason) {
        exchange.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end("{\"error\":\"%s\"}".formatted(reason));
    }

    /** The page holds no data and nothing secret; without a token it tells its visitor where to find the link. */
    private static boolean isPage(HttpServerRequest request) {
        return isRead(request) && (request.path().equals("/") || request.path().startsWith("/assets/"));
    }

    private boolean hasToken(HttpServerRequest request) {
        String header = request.getHeader("Authorization");
        Cookie cookie = request.getCookie(COOKIE);
        return (header != null && header.startsWith("Bearer ") && isToken(header.substring("Bearer ".length())))
                || (cookie != null && isToken(cookie.getValue()));
    }

    private boolean isToken(@Nullable String given) {
        return given != null
                && token != null
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isForeign(HttpServerRequest request) {
        String origin = request.getHeader("Origin");
        String site = request.getHeader("Sec-Fetch-Site");
        return (origin != null && !origin.equals(request.scheme() + "://" + request.authority()))
                // A link elsewhere may lead to the page; the page's own requests are same-origin.
                || (site != null
                        && Set.of("cross-site", "same-site").contains(site)
                        && request.path().startsWith("/api/"));
    }

    private static boolean hasForeignBody(HttpServerRequest request) {
        String type = request.getHeader("Content-Type");
        boolean hasBody = !"0".equals(request.getHeader("Content-Length"))
                && (request.getHeader("Content-Length") != null || request.getHeader("Transfer-Encoding") != null);
        return !isRead(request)
                && hasBody
                && (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json"));
    }

    private static boolean isRead(HttpServerRequest request) {
        return HttpMethod.GET.equals(request.method()) || HttpMethod.HEAD.equals(request.method());
    }

    /** HTTP/2 has no Host header, so not that one is asked for. */
    private static String nameIn(HttpServerRequest request) {
        HostAndPort called = request.authority();
        return called == null ? "" : called.host().toLowerCase(Locale.ROOT);
    }

    private static String random() {
        byte[] bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
