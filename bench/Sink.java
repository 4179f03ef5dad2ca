import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A webhook that counts the received lines and keeps nothing. It is a separate process, so that its CPU time is not counted with the sender's. {@code GET /} gives the number of lines since the last GET.
 */
final class Sink {
    private static final AtomicLong LINES = new AtomicLong();

    private Sink() {}

    /** @param arguments the port */
    public static void main(String[] arguments) throws IOException {
        // Without it each answer waits for the client's delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", Sink::take);
        server.start();
    }

    private static void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            if (exchange.getRequestMethod().equals("GET")) {
                byte[] answer = String.valueOf(LINES.getAndSet(0)).getBytes();
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
                return;
            }
            LINES.addAndGet(lines(exchange.getRequestBody()));
            exchange.sendResponseHeaders(204, -1);
        }
    }

    private static long lines(InputStream body) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long lines = 0;
        for (int length; (length = body.read(buffer)) > 0; ) {
            for (int i = 0; i < length; i++) {
                lines += buffer[i] == '\n' ? 1 : 0;
            }
        }
        return lines;
    }
}
