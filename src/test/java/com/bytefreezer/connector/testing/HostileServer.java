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

    /** What is said until the client hangs up; {@code json} is the beginning of an answer that would be fine. */
    public enum Answer {
        SILENCE {
            @Override
            void write(OutputStream out) {
                // The connection stays open.
            }
        },
        A_BODY_THAT_DRIPS {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Content-Length: 100000\r\n");
                drip(out, " ");
            }
        },
        A_HEAD_THAT_DRIPS {
            @Override
            void write(OutputStream out) throws IOException {
                say(out, OK + "X: ");
                drip(out, "x");
            }
        },
        A_BODY_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "");
                repeat(out, " ");
            }
        },
        A_REFUSAL_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 403 Forbidden\r\n\r\n");
                repeat(out, "no ");
            }
        },
        CHUNKS_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Transfer-Encoding: chunked\r\n");
                repeat(out, "1\r\n \r\n");
            }
        },
        A_CHUNK_WITH_AN_ENDLESS_EXTENSION {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Transfer-Encoding: chunked\r\n");
                say(out, "1;");
                repeat(out, "x");
            }
        },
        TRAILERS_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Transfer-Encoding: chunked\r\n");
                say(out, "2\r\n{}\r\n0\r\n");
                repeat(out, "X: y\r\n");
            }
        },
        GIGABYTES_IN_A_FEW_BYTES {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Content-Encoding: gzip\r\n");
                repeat(new GZIPOutputStream(out), " ");
            }
        },
        HEADERS_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                say(out, OK);
                repeat(out, "X: y\r\n");
            }
        },
        A_HEADER_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                say(out, OK + "X: ");
                repeat(out, "x");
            }
        },
        A_STATUS_LINE_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                say(out, "HTTP/1.1 200 ");
                repeat(out, "x");
            }
        },
        INTERIM_ANSWERS_WITHOUT_AN_END {
            @Override
            void write(OutputStream out) throws IOException {
                repeat(out, "HTTP/1.1 103 Early Hints\r\n\r\n");
            }
        },
        MORE_PROMISED_THAN_SENT {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Content-Length: 99999999999\r\nConnection: close\r\n");
                say(out, "{}");
                hangUp();
            }
        },
        A_LENGTH_BELOW_ZERO {
            @Override
            void write(OutputStream out) throws IOException {
                head(out, "Content-Length: -1\r\n");
                repeat(out, " ");
            }
        };

        abstract void write(OutputStream out) throws IOException;

        static void head(OutputStream out, String headers) throws IOException {
            say(out, OK + "Content-Type: application/json\r\n" + headers + "\r\n");
        }

        static void say(OutputStream out, String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.US_ASCII));
            out.flush();
        }

        static void drip(OutputStream out, String text) throws IOException {
            while (true) {
                say(out, text);
                LockSupport.parkNanos(DRIP_NANOS);
                if (Thread.interrupted()) {
                    hangUp();
                }
            }
        }

        static void repeat(OutputStream out, String text) throws IOException {
            byte[] much = text.repeat(64 * 1024 / text.length()).getBytes(StandardCharsets.US_ASCII);
            while (true) {
                out.write(much);
            }
        }

        static void hangUp() throws IOException {
            throw new IOException("closed");
        }
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
