package com.bytefreezer.connector.testing;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;

/** Answers each connection, once a request has begun, with bytes that no well-behaved HTTP server would send. */
public final class HostileServer implements AutoCloseable {
    private static final long DRIP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final String OK = "HTTP/1.1 200 OK\r\n";
    private static final String CHUNKED = "Transfer-Encoding: chunked";

    /** What is said once, and what then again and again until the client hangs up. */
    public enum Answer {
        /** The connection stays open. */
        SILENCE("", Pace.ONCE, ""),
        A_BODY_THAT_DRIPS(head("Content-Length: 100000"), Pace.DRIP, " "),
        A_HEAD_THAT_DRIPS(OK + "X: ", Pace.DRIP, "x"),
        A_BODY_WITHOUT_AN_END(head("X: y"), Pace.POUR, " "),
        A_REFUSAL_WITHOUT_AN_END("HTTP/1.1 403 Forbidden\r\n\r\n", Pace.POUR, "no "),
        CHUNKS_WITHOUT_AN_END(head(CHUNKED), Pace.POUR, "1\r\n \r\n"),
        A_CHUNK_WITH_AN_ENDLESS_EXTENSION(head(CHUNKED) + "1;", Pace.POUR, "x"),
        TRAILERS_WITHOUT_AN_END(head(CHUNKED) + "2\r\n{}\r\n0\r\n", Pace.POUR, "X: y\r\n"),
        GIGABYTES_IN_A_FEW_BYTES(head("Content-Encoding: gzip"), Pace.POUR_ZIPPED, " "),
        HEADERS_WITHOUT_AN_END(OK, Pace.POUR, "X: y\r\n"),
        A_HEADER_WITHOUT_AN_END(OK + "X: ", Pace.POUR, "x"),
        A_STATUS_LINE_WITHOUT_AN_END("HTTP/1.1 200 ", Pace.POUR, "x"),
        INTERIM_ANSWERS_WITHOUT_AN_END("", Pace.POUR, "HTTP/1.1 103 Early Hints\r\n\r\n"),
        MORE_PROMISED_THAN_SENT(head("Content-Length: 99999999999\r\nConnection: close") + "{}", Pace.HANG_UP, ""),
        A_LENGTH_BELOW_ZERO(head("Content-Length: -1"), Pace.POUR, " ");

        private final String once;
        private final Pace pace;
        private final String again;

        Answer(String once, Pace pace, String again) {
            this.once = once;
            this.pace = pace;
            this.again = again;
        }

        void write(OutputStream out) throws IOException {
            say(out, once);
            switch (pace) {
                case ONCE -> {}
                case HANG_UP -> throw new IOException("closed");
                case DRIP -> drip(out, again);
                case POUR -> pour(out, again);
                case POUR_ZIPPED -> pour(new GZIPOutputStream(out), again);
            }
        }

        private static String head(String headers) {
            return OK + "Content-Type: application/json\r\n" + headers + "\r\n\r\n";
        }

        private static void say(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }

        private static void drip(OutputStream out, String text) throws IOException {
            while (!Thread.interrupted()) {
                say(out, text);
                LockSupport.parkNanos(DRIP_NANOS);
            }
            throw new IOException("closed");
        }

        private static void pour(OutputStream out, String text) throws IOException {
            byte[] much = text.repeat(64 * 1024 / text.length()).getBytes(StandardCharsets.US_ASCII);
            while (true) {
                out.write(much);
            }
        }
    }

    private enum Pace {
        ONCE,
        HANG_UP,
        DRIP,
        POUR,
        POUR_ZIPPED
    }

    private final ServerSocket server;
    private final Answer answer;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    private HostileServer(ServerSocket server, Answer answer) {
        this.server = server;
        this.answer = answer;
    }

    public static HostileServer start(Answer answer) {
        try {
            var hostile = new HostileServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), answer);
            hostile.threads.execute(hostile::accept);
            return hostile;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public URI url() {
        return URI.create("http://127.0.0.1:" + server.getLocalPort());
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> serve(socket));
            }
        } catch (IOException closed) {
            // The end of the test.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = socket.getInputStream();
            var begun = new byte[64 * 1024];
            if (in.read(begun) < 0) {
                return;
            }
            Arrays.fill(begun, (byte) 0);
            var reading = threads.submit(() -> {
                while (in.read(begun) >= 0) {
                    // What comes is of no interest.
                }
                return null;
            });
            answer.write(new BufferedOutputStream(socket.getOutputStream()));
            reading.get();
        } catch (Exception hungUp) {
            // So should a client do.
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            threads.shutdownNow();
        }
    }
}
