import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A client that takes every care, on the JDK's java.net.http. */
class WithHttpClient {
    static final int ATTEMPTS = 3;
    static final Duration PAUSE = Duration.ofMillis(200);
    static final Duration TIMEOUT = Duration.ofSeconds(20);
    static final long UNFINISHED = -4019;
    /** Codes of the error table that ask to come again, or that are transient by nature. */
    static final Set<Long> TRANSIENT = Set.of(-71L, -195L, -196L, -5997L, -20034L, -21095L, -29302L);
    static final HttpClient HTTP = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(TIMEOUT)
        .build();

    /** No usable answer came; the next attempt may bring one. */
    static class Lost extends Exception {
        Lost(String detail) {
            super(detail);
        }
    }

    /** The service said no, with this code, and will say so again. */
    static class Refused extends Exception {
        final long code;

        Refused(long code, String detail) {
            super(detail);
            this.code = code;
        }
    }

    interface Attempt<T> {
        T make() throws Exception;
    }

    static String word(String name) {
        return System.getenv().getOrDefault("SLICECHECK_" + name, "");
    }

    static void upload() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(Path.of(word("FILE")).toFile(), "r")) {
            long size = file.length();
            Map<?, ?> granted = begin(size);
            if (!(granted.get("session") instanceof String session)) {
                return; // an address instead: the object is there already
            }
            // The service's choice, whatever was asked for. Without one it is not for us to guess.
            Long step = number(granted.get("slice_size"));
            if (step == null || step <= 0) {
                throw new Refused(0, "no slice size was granted");
            }
            Set<List<Long>> held = held(granted);
            for (long offset = 0; offset < size; offset += step) {
                long length = Math.min(step, size - offset);
                if (held.contains(List.of(offset, length))) {
                    continue;
                }
                byte[] content = new byte[Math.toIntExact(length)];
                file.seek(offset);
                file.readFully(content);
                long at = offset;
                persist(() -> send(session, at, content));
            }
            persist(() -> {
                Map<?, ?> data = call(null, "op", "upload_slice_finish", "session", session, "filesize", size);
                if (!(data.get("access_url") instanceof String)) {
                    throw new Lost("finish succeeded without an address");
                }
                return null;
            });
        }
    }

    /** The slices that are there already: offset and length. */
    static Set<List<Long>> held(Map<?, ?> granted) {
        Set<List<Long>> held = new HashSet<>();
        if (granted.get("listparts") instanceof List<?> parts) {
            for (Object each : parts) {
                Map<?, ?> part = each instanceof Map<?, ?> map ? map : Map.of();
                Long offset = number(part.get("offset"));
                Long length = number(part.get("datalen"));
                if (offset != null && length != null) {
                    held.add(List.of(offset, length));
                }
            }
        }
        return held;
    }

    /** Opens an upload, or takes up the one that is open. */
    static Map<?, ?> begin(long size) throws Exception {
        try {
            return sessionOrAddress("op", "upload_slice_init", "filesize", size, "slice_size", word("SLICE_SIZE"));
        } catch (Refused refused) {
            if (refused.code != UNFINISHED) {
                throw refused;
            }
        }
        Map<?, ?> granted = sessionOrAddress("op", "upload_slice_list");
        Long other = number(granted.get("filesize"));
        if (other != null && other != size) {
            throw new Refused(UNFINISHED, "an upload of another file is open");
        }
        return granted;
    }

    static Map<?, ?> sessionOrAddress(Object... fields) throws Exception {
        return persist(() -> {
            Map<?, ?> data = call(null, fields);
            boolean hasSession = data.get("session") instanceof String session && !session.isEmpty();
            if (!hasSession && !(data.get("access_url") instanceof String)) {
                throw new Lost("neither a session nor an address");
            }
            return data;
        });
    }

    static Void send(String session, long offset, byte[] content) throws Exception {
        Map<?, ?> data = call(content, "op", "upload_slice_data", "session", session, "offset", offset);
        Long length = number(data.get("datalen"));
        boolean isSame = session.equals(data.get("session"))
            && Long.valueOf(offset).equals(number(data.get("offset")))
            && Long.valueOf(content.length).equals(length);
        if (!isSame) {
            throw new Lost("another slice is acknowledged: " + data);
        }
        String digest = HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        // Replies of 2016 have none.
        if (data.get("datamd5") != null && !digest.equals(data.get("datamd5"))) {
            throw new Lost("other bytes are acknowledged");
        }
        return null;
    }

    /** Posts a form of names and values, one after the other, and returns data of a reply whose code is 0. */
    static Map<?, ?> call(byte[] content, Object... fields) throws Exception {
        String boundary = "----" + Long.toHexString(ThreadLocalRandom.current().nextLong());
        StringBuilder url = new StringBuilder(word("ENDPOINT") + "/files/v2/");
        url.append(word("APPID")).append('/').append(word("BUCKET"));
        for (byte each : word("KEY").getBytes(StandardCharsets.UTF_8)) {
            boolean isPlain = each == '/' || each == '-' || each == '.' || each == '_' || each == '~'
                || (each < 128 && each > 0 && Character.isLetterOrDigit(each));
            url.append(isPlain ? String.valueOf((char) each) : String.format("%%%02X", each));
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.toString()))
            .timeout(TIMEOUT)
            .header("Authorization", signature())
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(HttpRequest.BodyPublishers.ofByteArray(form(boundary, content, fields)))
            .build();
        HttpResponse<byte[]> response;
        try {
            response = HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException error) {
            throw new Lost(error.toString());
        }
        Object reply = Json.read(response.body());
        Map<?, ?> object = reply instanceof Map<?, ?> map ? map : Map.of();
        Long code = number(object.get("code"));
        if (code == null || TRANSIENT.contains(code)) {
            throw new Lost("code " + object.get("code"));
        }
        if (code != 0) {
            throw new Refused(code, "code " + code);
        }
        if (response.statusCode() != 200 || !(object.get("data") instanceof Map<?, ?> data)) {
            throw new Lost("status " + response.statusCode() + ", or no data");
        }
        return data;
    }

    static byte[] form(String boundary, byte[] content, Object... fields) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int at = 0; at < fields.length; at += 2) {
            body.write(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + fields[at]
                + "\"\r\n\r\n" + fields[at + 1] + "\r\n").getBytes(StandardCharsets.UTF_8));
        }
        if (content != null) {
            body.write(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"filecontent\"; "
                + "filename=\"slice\"\r\nContent-Type: application/octet-stream\r\n\r\n").getBytes());
            body.write(content);
            body.write("\r\n".getBytes());
        }
        body.write(("--" + boundary + "--\r\n").getBytes());
        return body.toByteArray();
    }

    /** What is a number in every reply is a string of digits on some pages. */
    static Long number(Object value) {
        if (value instanceof String text && text.matches("-?[0-9]{1,18}")) {
            return Long.valueOf(text);
        }
        return value instanceof Long number ? number : null;
    }

    /** Does what may succeed the next time up to three times. */
    static <T> T persist(Attempt<T> attempt) throws Exception {
        for (int left = ATTEMPTS - 1;; left--) {
            try {
                return attempt.make();
            } catch (Lost lost) {
                if (left == 0) {
                    throw lost;
                }
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    static String signature() throws GeneralSecurityException {
        long now = System.currentTimeMillis() / 1000;
        String clear = "a=" + word("APPID") + "&b=" + word("BUCKET") + "&k=" + word("SECRET_ID") + "&e="
            + (now + 600) + "&t=" + now + "&r=" + ThreadLocalRandom.current().nextInt(Integer.MAX_VALUE) + "&f=";
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(word("SECRET_KEY").getBytes(), "HmacSHA1"));
        ByteArrayOutputStream signed = new ByteArrayOutputStream();
        signed.writeBytes(mac.doFinal(clear.getBytes()));
        signed.writeBytes(clear.getBytes());
        return Base64.getEncoder().encodeToString(signed.toByteArray());
    }

    public static void main(String[] arguments) throws Exception {
        // Neither of the wishes is known here.
        boolean isKnown = word("OP").equals("upload") && word("SHA").isEmpty() && word("INSERT_ONLY").isEmpty();
        if (!isKnown) {
            System.exit(89);
        }
        try {
            upload();
        } catch (Lost | Refused | IOException error) {
            System.err.println(error);
            System.exit(1);
        }
        System.exit(0); // the threads of HttpClient would go on for a while
    }

    /** JSON, which the JDK has no reader for: objects, arrays, text, whole numbers as Long, others as Double. */
    static class Json {
        static final int DEEPEST = 100;
        final String text;
        int at;

        Json(String text) {
            this.text = text;
        }

        static Object read(byte[] bytes) throws Lost {
            try {
                String text = StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes)).toString();
                Json json = new Json(text);
                Object value = json.value(0);
                json.blank();
                if (json.at < text.length()) {
                    throw new Lost("something after the JSON");
                }
                return value;
            } catch (CharacterCodingException | NumberFormatException | StringIndexOutOfBoundsException error) {
                throw new Lost("no JSON: " + error);
            }
        }

        void blank() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        boolean skip(char wanted) {
            blank();
            boolean isThere = at < text.length() && text.charAt(at) == wanted;
            at += isThere ? 1 : 0;
            return isThere;
        }

        void expect(char wanted) throws Lost {
            if (!skip(wanted)) {
                throw new Lost("no JSON: " + wanted + " is missing at " + at);
            }
        }

        Object value(int depth) throws Lost {
            if (depth > DEEPEST) {
                throw new Lost("JSON within JSON, too often");
            }
            if (skip('{')) {
                Map<String, Object> object = new HashMap<>();
                while (!skip('}')) {
                    if (!object.isEmpty()) {
                        expect(',');
                    }
                    expect('"');
                    String name = string();
                    expect(':');
                    object.put(name, value(depth + 1));
                }
                return object;
            }
            if (skip('[')) {
                List<Object> array = new ArrayList<>();
                while (!skip(']')) {
                    if (!array.isEmpty()) {
                        expect(',');
                    }
                    array.add(value(depth + 1));
                }
                return array;
            }
            if (skip('"')) {
                return string();
            }
            int begin = at;
            while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(begin, at);
            return switch (word) {
                case "null" -> null;
                case "true" -> true;
                case "false" -> false;
                default -> word.matches("-?(0|[1-9][0-9]{0,17})") ? (Object) Long.valueOf(word) : Double.valueOf(word);
            };
        }

        String string() throws Lost {
            StringBuilder found = new StringBuilder();
            for (;;) {
                char next = text.charAt(at++);
                if (next == '"') {
                    return found.toString();
                }
                if (next != '\\') {
                    found.append(next);
                    continue;
                }
                char escaped = text.charAt(at++);
                int known = "\"\\/bfnrt".indexOf(escaped);
                if (known >= 0) {
                    found.append("\"\\/\b\f\n\r\t".charAt(known));
                } else if (escaped == 'u') {
                    found.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                    at += 4;
                } else {
                    throw new Lost("no JSON: \\" + escaped);
                }
            }
        }
    }
}
