package com.bytefreezer.connector.http;

import com.bytefreezer.connector.problem.Failures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the person who started the process how to open the page. The log must not reveal the token: a configured token
 * is never shown, a random one only on a terminal, or otherwise in a file that only its owner can read and that is
 * deleted with the server.
 */
final class Invitation extends ServiceSupport {
    private static final Logger LOG = LoggerFactory.getLogger(Invitation.class);
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private final String address;
    private final Optional<Token> token;
    private @Nullable Path file;

    Invitation(int port, Optional<Token> token) {
        address = "http://localhost:%d/".formatted(port);
        this.token = token;
    }

    /** Logs one line. */
    void tell() {
        if (token.isPresent() && token.get().isRandom()) {
            tellLink(address + "?token=" + token.get().text());
        } else if (token.isPresent()) {
            LOG.info("Open {} with the value of server.token as parameter token.", address);
        } else {
            LOG.info("Open {}", address);
        }
    }

    private void tellLink(String link) {
        if (isTerminal()) {
            System.err.println("Open " + link);
            return;
        }
        try {
            // Readable only by its owner.
            file = Files.createTempFile("connector-link-", ".txt");
            Files.writeString(file, link + "\n");
            LOG.info("Open {} with the link in {}, which contains a random token. Or set server.token.", address, file);
        } catch (IOException e) {
            LOG.error(
                    "server.token: not set, and the link with a random one cannot be saved ({}). Nobody can open {}. Set server.token.",
                    Failures.describe(e),
                    address);
        }
    }

    private static boolean isTerminal() {
        try {
            String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException e) {
            // Not Linux.
            return false;
        }
    }

    @Override
    protected void doStop() throws IOException {
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }
}
