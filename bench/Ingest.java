import com.bytefreezer.connector.disk.ScratchFolder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * Measures how fast events get onto the disk (with fsync): over HTTP, 1,000 in a request, and as syslog over TCP and UDP. Then
 * how fast they are packed, and what others do with the same messages. The senders run on the same processors; "cpu" is that of
 * the connector or its peer alone.
 */
final class Ingest {
    private static final Path FOLDER = Bench.WORK.resolve("ingest");
    private static final int SENDERS = 4;
    private static final int REQUEST = 1_000;
    private static final int HTTP_EVENTS = 2_000_000;
    static final int TCP_EVENTS = 2_000_000;
    private static final int UDP_EVENTS = 500_000;
    private static final int UDP_RATE = 60_000;
    private static final int HTTP_PORT = 18_091;
    private static final int SYSLOG_PORT = 15_514;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Launcher launcher;
    private final Map<String, String> settings = new LinkedHashMap<>();

    Ingest(Launcher launcher, Map<String, String> itsSettings) {
        this.launcher = launcher;
        settings.put("data.folder", FOLDER.toString());
        settings.put("lake.root", FOLDER.resolve("lake").toString());
        settings.put("feeds.http-port", String.valueOf(HTTP_PORT));
        settings.put("feeds.default.enabled", "true");
        settings.put("feeds.syslog.enabled", "true");
        settings.put("feeds.syslog.port", String.valueOf(SYSLOG_PORT));
        settings.put("pack.timeout-seconds", "3600");
        settings.put("pack.max-file-size-mb", "4096");
        settings.putAll(itsSettings);
    }

    void run() throws Exception {
        ScratchFolder.remove(FOLDER);
        Files.createDirectories(FOLDER);
        System.out.println("ingest: events onto the disk, " + SENDERS + " senders");
        Figures.row("", "events/s", "cpu us/event", "peak", "p99 to ack", "lost");
        Process connector = start("ingest");
        try {
            List<Long> waits = new ArrayList<>();
            measure(connector, "HTTP, 1,000 events in a request", "web", HTTP_EVENTS, waits, () -> http(waits));
            measure(connector, "syslog over TCP, lines", "syslog", TCP_EVENTS, new ArrayList<>(), () -> tcp(SYSLOG_PORT));
            measure(connector, "syslog over UDP, " + UDP_RATE + "/s", "syslog", UDP_EVENTS, new ArrayList<>(), Ingest::udp);
        } finally {
            connector.destroy();
            connector.waitFor();
        }
        long all = stored("web") + stored("syslog");
        long begun = System.nanoTime();
        Process pack = start("pack");
        Processes.Watched watched = Processes.watch(pack);
        double seconds = Processes.secondsSince(begun);
        if (pack.exitValue() != 0) {
            throw new IllegalStateException(Files.readString(log()));
        }
        Figures.row(
                "pack of all of them, with the start",
                Figures.rate(all, seconds),
                micros(watched.cpuSeconds(), all),
                "%,.0f MB".formatted(watched.peakBytes() / 1e6));
        new IngestPeers(FOLDER).run();
    }

    private static Path log() {
        return Bench.WORK.resolve("ingest.log");
    }

    private Process start(String mode) throws Exception {
        Process process = launcher.inMode(mode, settings).redirectError(log().toFile()).start();
        while (mode.equals("ingest") && !Files.readString(log()).contains("Feeds over HTTP")) {
            if (!process.isAlive()) {
                throw new IllegalStateException(Files.readString(log()));
            }
            Thread.sleep(50);
        }
        return process;
    }

    private static void measure(
            Process connector, String name, String dataset, long events, List<Long> waits, Callable<?> send)
            throws Exception {
        long before = stored(dataset);
        double cpu = Processes.cpuSeconds(connector.toHandle());
        long begun = System.nanoTime();
        send.call();
        long last = System.nanoTime();
        long seen = before;
        // Datagrams may be lost: then nothing more comes.
        while (seen - before < events && Processes.secondsSince(last) < 3) {
            Thread.sleep(5);
            long now = stored(dataset);
            if (now > seen) {
                seen = now;
                last = System.nanoTime();
            }
        }
        double seconds = (last - begun) / 1e9;
        double used = Processes.cpuSeconds(connector.toHandle()) - cpu;
        waits.sort(null);
        Figures.row(
                name,
                Figures.rate(seen - before, seconds),
                micros(used, seen - before),
                "%,.0f MB".formatted(Processes.peakBytes(connector.pid()) / 1e6),
                waits.isEmpty() ? "" : "%,d ms".formatted(waits.get(waits.size() * 99 / 100) / 1_000_000),
                String.valueOf(events - (seen - before)));
    }

    static String micros(double seconds, long events) {
        return String.format(Locale.ROOT, "%.2f", seconds * 1e6 / events);
    }

    /** Events on disk, by the last line of each journal. */
    private static long stored(String dataset) throws IOException {
        Path folder = FOLDER.resolve("spool/acme").resolve(dataset);
        if (!Files.exists(folder)) {
            return 0;
        }
        long events = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path journal : files.filter(file -> file.toString().endsWith(".journal")).toList()) {
                byte[] bytes = Files.readAllBytes(journal);
                String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n");
                boolean isWhole = bytes.length > 0 && bytes[bytes.length - 1] == '\n';
                if (bytes.length > 0 && (isWhole || lines.length > 1)) {
                    JsonNode line = JSON.readTree(lines[lines.length - (isWhole ? 1 : 2)]);
                    events += line.path("events").asLong() + line.path("deadLetters").asLong();
                }
            }
        }
        return events;
    }

    private interface Sender {
        void send(int number) throws Exception;
    }

    private static void all(Sender sender) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(SENDERS);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < SENDERS; i++) {
            int number = i;
            running.add(threads.submit(() -> {
                sender.send(number);
                return null;
            }));
        }
        for (Future<?> each : running) {
            each.get();
        }
        threads.shutdown();
    }

    private static Void http(List<Long> waits) throws Exception {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int i = 0; i < REQUEST; i++) {
            body.writeBytes("{\"time\":\"2026-01-02T03:04:05.%06dZ\",\"host\":\"web-%02d\",\"user\":\"user%d\",\"action\":\"login\",\"outcome\":\"%s\",\"bytes\":%d,\"source\":{\"ip\":\"10.0.%d.7\",\"port\":%d},\"message\":\"a session was opened by the user for the service sshd\"}\n"
                    .formatted(i, i % 20, i % 97, i % 3 == 0 ? "failure" : "success", i * 31, i % 200, 1024 + i)
                    .getBytes(StandardCharsets.UTF_8));
        }
        byte[] head = "POST /acme/web HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                .formatted(body.size())
                .getBytes(StandardCharsets.US_ASCII);
        AtomicInteger left = new AtomicInteger(HTTP_EVENTS / REQUEST);
        all(number -> {
            try (Socket socket = new Socket("127.0.0.1", HTTP_PORT)) {
                socket.setTcpNoDelay(true);
                byte[] answer = new byte[4096];
                while (left.getAndDecrement() > 0) {
                    long begun = System.nanoTime();
                    socket.getOutputStream().write(head);
                    socket.getOutputStream().write(body.toByteArray());
                    readAnswer(socket.getInputStream(), answer);
                    synchronized (waits) {
                        waits.add(System.nanoTime() - begun);
                    }
                }
            }
        });
        return null;
    }

    private static void readAnswer(InputStream in, byte[] buffer) throws IOException {
        int length = 0;
        String text = "";
        while (!text.endsWith("}")) {
            int some = in.read(buffer, length, buffer.length - length);
            if (some < 0) {
                throw new IOException("no answer: " + text);
            }
            length += some;
            text = new String(buffer, 0, length, StandardCharsets.US_ASCII);
        }
        if (!text.startsWith("HTTP/1.1 200")) {
            throw new IOException(text);
        }
    }

    private static byte[] message(int i) {
        return "<%d>1 2026-01-02T03:04:05.%06dZ host-%d sshd %d - - Failed password for user%d from 10.0.%d.7 port %d ssh2\n"
                .formatted(i % 190, i, i % 20, 1000 + i % 7, i % 97, i % 200, 1024 + i)
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The same messages for whoever listens there. */
    static Void tcp(int port) throws Exception {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < REQUEST; i++) {
            block.writeBytes(message(i));
        }
        all(number -> {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                for (int i = 0; i < TCP_EVENTS / REQUEST / SENDERS; i++) {
                    socket.getOutputStream().write(block.toByteArray());
                }
            }
        });
        return null;
    }

    private static Void udp() throws Exception {
        byte[][] messages = new byte[REQUEST][];
        Arrays.setAll(messages, Ingest::message);
        try (DatagramSocket socket = new DatagramSocket()) {
            InetAddress here = InetAddress.getByName("127.0.0.1");
            long begun = System.nanoTime();
            for (int i = 0; i < UDP_EVENTS; i++) {
                byte[] message = messages[i % REQUEST];
                socket.send(new DatagramPacket(message, message.length, here, SYSLOG_PORT));
                while (i % 50 == 0 && (System.nanoTime() - begun) * UDP_RATE / 1_000_000_000L < i) {
                    LockSupport.parkNanos(50_000);
                }
            }
        }
        return null;
    }
}
