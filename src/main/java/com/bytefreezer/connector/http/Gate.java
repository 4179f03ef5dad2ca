package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.ApiException;
import io.vertx.core.http.HttpMethod;
import java.util.Optional;
import java.util.Set;

/**
 * Decides who has access: everybody on this machine while the server listens on loopback only; otherwise those with the
 * token, as a bearer token or through the cookie that {@code /?token=…} sets. Without it, only the probes and the
 * page's files are available, a fixed set of paths. Pages of other sites have no access, whatever they know: without a
 * token, the request must name a loopback host (against DNS rebinding); a foreign Origin is refused, and so is a body
 * that is not JSON (a form needs no preflight). Agents at {@code /mcp} may name an origin of their own. Safe for use by
 * several threads.
 */
final class Gate {
    /** The decision about a request that is not refused. */
    enum Verdict {
        /** Open to everybody. */
        OPEN,
        /** Its link contains the token; the answer sets the cookie. */
        LOGIN,
        /** Admitted to the routes. */
        ADMITTED
    }

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** Where agents ask ({@code routes/mcp.camel.yaml}). */
    private static final String AGENTS = "/mcp";

    private final Optional<Token> token;
    private final Set<String> probes;
    private final Set<String> page;

    /**
     * A gate.
     *
     * @param token the required token; none if only this machine has access
     * @param probes paths whose answers contain no secret, for monitoring
     * @param page paths of the files that a browser needs for the page; they contain no data
     */
    Gate(Optional<Token> token, Set<String> probes, Set<String> page) {
        this.token = token;
        this.probes = probes;
        this.page = page;
    }

    /** @throws ApiException if it is refused */
    Verdict decide(Request request) {
        if (request.reads() && probes.contains(request.path())) {
            return Verdict.OPEN;
        }
        if (token.isEmpty() && !LOOPBACK.contains(request.name())) {
            throw ApiException.forbidden(
                    "The connector answers only to localhost. Open http://localhost:<port>/ or set server.token.");
        }
        boolean start =
                request.method().equals(HttpMethod.GET) && request.path().equals("/");
        // Another site may link to the page; the page's own requests are same-origin.
        if (request.foreign() && !start && !isOfAgent(request)) {
            throw ApiException.forbidden("Refused: the request comes from another site's page.");
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
            throw ApiException.unauthenticated(
                    "A token is needed. Open the link that the connector showed at its start, or /?token=<server.token>, or send Authorization: Bearer <server.token>.");
        }
        if (!request.reads() && hasForeignBody(request)) {
            throw ApiException.unsupported("The body must be JSON, with Content-Type: application/json.");
        }
        return Verdict.ADMITTED;
    }

    /**
     * Agents are programs, and some name an origin. A request passes if no page of another site could have sent it: such a page cannot have that origin or know the token, and the browser adds no token to its requests.
     */
    private boolean isOfAgent(Request request) {
        return request.path().equals(AGENTS)
                && (request.fromProgram()
                        || token.filter(right ->
                                        request.bearer().filter(right::is).isPresent())
                                .isPresent());
    }

    private static boolean hasForeignBody(Request request) {
        return request.type().map(type -> !type.equals("application/json")).orElse(request.hasBody());
    }

    private static boolean knows(Request request, Token token) {
        return request.bearer().filter(token::is).isPresent()
                || request.cookies().stream().anyMatch(token::isCookie);
    }
}
