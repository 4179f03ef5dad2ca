package com.bytefreezer.connector.destination.file;

import com.bytefreezer.connector.delivery.Batch;
import com.bytefreezer.connector.delivery.DatasetText;
import com.bytefreezer.connector.delivery.Sent;
import com.bytefreezer.connector.disk.FileName;
import com.bytefreezer.connector.disk.PrivateFiles;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import com.bytefreezer.connector.signs.Moment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Service;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of NDJSON, one at a time for each dataset, in a tree by date. A file is hidden until it is complete. A {@link
 * FileJournal} keeps what was written where, so that a batch repeated after a crash is not written twice. Safe for use
 * by several threads.
 */
public final class RollingFiles implements Processor, Service {
    private static final Logger LOG = LoggerFactory.getLogger(RollingFiles.class);
    private static final DateTimeFormatter DAY =
            DateTimeFormatter.ofPattern("yyyy/MM/dd").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'").withZone(ZoneOffset.UTC);

    /** The most files that are open at once; the others are reopened when they grow. */
    private static final int MOST_OPEN = 200;

    /** By their folder below {@link #folder}; the ones that grew last are at the end. */
    private final Map<String, OpenFile> openFiles = new LinkedHashMap<>(16, 0.75f, true);

    private String root = "";
    private Path folder = Path.of("");
    private DatasetText tree = new DatasetText("{tenant}/{dataset}", FileName::of);
    private boolean gzip;
    private long rollBytes;
    private Duration rollAfter = Duration.ZERO;
    private @Nullable FileJournal journal;

    /**
     * Sets the root of the tree; if it contains {@code {tenant}} or {@code {dataset}}, there are no other folders for
     * them.
     */
    public void setFolder(String folder) {
        root = folder;
        Path whole = Path.of(folder).toAbsolutePath().normalize();
        Path top = whole;
        for (Path parent = top.getParent(); parent != null && !DatasetText.isFixed(top.toString()); ) {
            top = parent;
            parent = top.getParent();
        }
        this.folder = top;
        if (!top.equals(whole)) {
            tree = new DatasetText(top.relativize(whole).toString(), FileName::of);
        }
    }

    public void setCompression(String compression) {
        if (!List.of("none", "gzip").contains(compression)) {
            throw new ConnectorException(
                    "destination.file.compression is %s.".formatted(compression),
                    Problem.NOT_STARTED,
                    "Use none or gzip.",
                    null);
        }
        gzip = compression.equals("gzip");
    }

    public void setRollBytes(long rollBytes) {
        this.rollBytes = rollBytes;
    }

    public void setRollSeconds(long rollSeconds) {
        rollAfter = Duration.ofSeconds(rollSeconds);
    }

    /** A file that grows; everything before {@code end} is recorded. */
    private static final class OpenFile {
        final Path path;
        final Moment begun;
        private FileChannel channel;
        long end;

        OpenFile(Path path, Moment begun) throws IOException {
            this.path = path;
            this.begun = begun;
            channel = PrivateFiles.openNew(hidden(path));
        }

        FileChannel channel() throws IOException {
            if (!channel.isOpen()) {
                channel = FileChannel.open(hidden(path), StandardOpenOption.WRITE);
            }
            return channel;
        }
    }

    /** Completes what an earlier process left unfinished. */
    @Override
    public synchronized void start() {
        try {
            if (FileJournal.existsIn(folder)) {
                journal();
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** Appends the batch that is the body, see {@link #write}. */
    @Override
    public void process(Exchange exchange) throws Exception {
        write(exchange.getMessage().getMandatoryBody(Batch.class));
    }

    /**
     * Appends a batch. When this returns, the batch is on disk; if it throws, nothing of the batch counts.
     *
     * @throws ConnectorException if the disk is full or the like
     */
    public void write(Batch batch) {
        try {
            byte[] content = gzip ? compressed(batch) : batch.ndjson();
            append(batch, content);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /** The bytes that {@link #write} would add to a file. */
    public Sent preview(Batch batch) {
        return new Sent("WRITE", "file:" + root, Map.of(), batch.ndjson());
    }

    /** Completes the files whose time is up. */
    public synchronized void completeDue() {
        completeAll(openFiles.values().stream()
                .filter(file -> file.begun.past().compareTo(rollAfter) >= 0)
                .toList());
    }

    /** Completes all files; after a failure, {@link #start} does so in the next process. */
    @Override
    public synchronized void stop() {
        completeAll(List.copyOf(openFiles.values()));
        for (OpenFile left : openFiles.values()) {
            try {
                left.channel.close();
            } catch (IOException e) {
                LOG.debug("file: {}", left.path, e);
            }
        }
        openFiles.clear();
        if (journal != null) {
            journal.close();
            journal = null;
        }
    }

    private void completeAll(List<OpenFile> files) {
        for (OpenFile file : files) {
            try {
                complete(file);
            } catch (IOException e) {
                LOG.error(
                        "file: {} cannot be completed ({}). It stays hidden; the next start completes it.",
                        file.path,
                        reason(e));
            }
        }
    }

    private synchronized void append(Batch batch, byte[] content) throws IOException {
        FileJournal journal = journal();
        // If the order differs between runs, the same id does not mean the same records.
        String id = batch.unit().isRepeatable() ? batch.id() : FileJournal.NO_ID;
        if (journal.contains(id)) {
            for (int position = 0; position < batch.recordCount(); position++) {
                batch.duplicate(position);
            }
            return;
        }
        String dataset = tree.of(batch.unit().tenant(), batch.unit().dataset());
        OpenFile file = openFiles.get(dataset);
        if (file == null) {
            file = begin(journal, dataset);
            openFiles.put(dataset, file);
        }
        // Overwrites bytes that a failed try left after the end.
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            file.channel().write(bytes, file.end + bytes.position());
        }
        file.channel().truncate(file.end + content.length);
        file.channel().force(true);
        journal.add(id, folder.relativize(file.path), file.end + content.length);
        file.end += content.length;
        if (file.end >= rollBytes) {
            complete(file);
        }
        closeIdle();
    }

    private void closeIdle() throws IOException {
        long open = openFiles.values().stream()
                .filter(file -> file.channel.isOpen())
                .count();
        for (OpenFile file : openFiles.values()) {
            if (open > MOST_OPEN && file.channel.isOpen()) {
                file.channel.close();
                open--;
            }
        }
    }

    private OpenFile begin(FileJournal journal, String dataset) throws IOException {
        Moment begun = Moment.now();
        Path day = folder.resolve(dataset).resolve(DAY.format(begun.time()));
        PrivateFiles.createFolders(day);
        String name = dataset.substring(dataset.lastIndexOf('/') + 1) + "-%s.ndjson" + (gzip ? ".gz" : "");
        Path path = day.resolve(name.formatted(TIME.format(begun.time())));
        for (Instant later = begun.time(); Files.exists(path) || Files.exists(hidden(path)); ) {
            later = later.plusMillis(1);
            path = day.resolve(name.formatted(TIME.format(later)));
        }
        journal.add(FileJournal.NO_ID, folder.relativize(path), 0);
        OpenFile file = new OpenFile(path, begun);
        for (Path parent = day; parent != null && parent.startsWith(folder); parent = parent.getParent()) {
            PrivateFiles.force(parent);
        }
        return file;
    }

    private void complete(OpenFile file) throws IOException {
        file.channel().truncate(file.end);
        file.channel.close();
        openFiles.values().remove(file);
        complete(file.path, file.end);
        if (journal != null) {
            journal.completed(folder.relativize(file.path));
        }
    }

    private static void complete(Path path, long end) throws IOException {
        if (end == 0) {
            Files.delete(hidden(path));
            return;
        }
        Files.move(hidden(path), path, StandardCopyOption.ATOMIC_MOVE);
        PrivateFiles.force(path.resolveSibling(""));
    }

    private FileJournal journal() throws IOException {
        FileJournal open = journal;
        if (open == null) {
            PrivateFiles.createFolders(folder);
            open = FileJournal.open(folder);
            // An earlier process left it.
            for (Map.Entry<Path, Long> file : Map.copyOf(open.ends()).entrySet()) {
                Path path = folder.resolve(file.getKey());
                if (Files.exists(hidden(path))) {
                    try (FileChannel channel = FileChannel.open(hidden(path), StandardOpenOption.WRITE)) {
                        channel.truncate(file.getValue());
                        channel.force(true);
                    }
                    complete(path, file.getValue());
                }
                open.completed(file.getKey());
            }
            journal = open;
        }
        return open;
    }

    private static Path hidden(Path path) {
        return path.resolveSibling("." + path.getFileName() + ".part");
    }

    private static byte[] compressed(Batch batch) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(batch.size() / 4);
        // Each batch is a member of its own; together they are a gzip file.
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(batch.ndjson());
        }
        return bytes.toByteArray();
    }

    private ConnectorException unusable(IOException e) {
        return new ConnectorException(
                "%s cannot be written (%s). Check the free space and the permissions of destination.file.folder."
                        .formatted(folder, reason(e)),
                e);
    }

    private static String reason(IOException e) {
        if (e instanceof FileSystemException refused && refused.getReason() == null) {
            // AccessDeniedException says no more than its name.
            String[] words = e.getClass().getSimpleName().split("(?=[A-Z])");
            return String.join(" ", words).replace(" Exception", "").toLowerCase(Locale.ROOT) + ": "
                    + refused.getFile();
        }
        return String.valueOf(e.getMessage());
    }
}
