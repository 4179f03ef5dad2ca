package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import io.vertx.core.http.HttpMethod;
import java.util.Optional;
import java.util.Set;

/**
 * Who may ask: everybody on this machine while the server listens on loopback only; else who has the token, be it as a
 * bearer token, or by the cookie that {@code /?token=…} sets. Without it only the probes and the files of the page can be
 * had, a closed set of paths. Pages of other sites may not ask, whatever they know: the name that was called must be a
 * loopback one (against DNS rebinding) where no token protects, a foreign Origin is refused, and so is a body that is not
 * JSON (a form needs no preflight). Safe for use by several threads.
 */
final class Gate {
    /** What is done with a request that is not refused. */
    enum Verdict {
        /** Everybody may have what is there. */
        OPEN,
        /** Its link shows the token: it gets the cookie. */
        LOGIN,
        /** It may go to the routes. */
        ADMITTED
    }

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    private final Optional<Token> token;
    private final Set<String> probes;
    private final Set<String> page;

    /**
     * A gate.
     *
     * @param token what to ask for; none where only this machine can ask
     * @param probes paths whose answers hold no secret, for those who watch over the process
     * @param page paths of what a browser needs to show a page, which holds no data
     */
    Gate(Optional<Token> token, Set<String> probes, Set<String> page) {
        this.token = token;
        this.probes = probes;
        this.page = page;
    }

    /** @throws ApiException when it is refused */
    Verdict decide(Request request) {
        if (request.reads() && probes.contains(request.path())) {
            return Verdict.OPEN;
        }
        if (token.isEmpty() && !LOOPBACK.contains(request.name())) {
            throw new ApiException(
                    403, "The connector answers only to localhost. Open http://localhost:<port>/ or set server.token.");
        }
        boolean start =
                request.method().equals(HttpMethod.GET) && request.path().equals("/");
        // A link elsewhere may lead to the page; the page's own requests are same-origin.
        if (request.foreign() && !start) {
            throw new ApiException(403, "The request comes from another site's page. Refused.");
        }
        if (start
                && token.isPresent()
                && request.linked().filter(token.get()::is).isPresent()) {
            return Verdict.LOGIN;
        }
        if (request.reads() && page.contains(request.path())) {
            return Verdict.OPEN;
        }
        if (token.isPresent() && !knows(request, token.get())) {
            throw new ApiException(
                    401,
                    "A token is needed. Open the link that the connector named at its start, or /?token=<server.token>, or send Authorization: Bearer <server.token>.");
        }
        if (!request.reads() && hasForeignBody(request)) {
            throw new ApiException(415, "The body must be JSON, with Content-Type: application/json.");
        }
        return Verdict.ADMITTED;
    }

    private static boolean hasForeignBody(Request request) {
        return request.type().map(type -> !type.equals("application/json")).orElse(request.hasBody());
    }

    private static boolean knows(Request request, Token token) {
        return request.bearer().filter(token::is).isPresent()
                || request.cookies().stream().anyMatch(token::isCookie);
    }
}
