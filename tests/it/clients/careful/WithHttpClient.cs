// A client that takes every care, with its forms made by MultipartFormDataContent and sent by HttpClient.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

/// No usable answer came; the next attempt may bring one.
class Lost : Exception {
    public Lost(string detail) : base(detail) {}
}

/// The service said no, with this code, and will say so again.
class Refused : Exception {
    public readonly long Code;

    public Refused(long code, string detail) : base(detail) {
        Code = code;
    }
}

/// JSON alone: Json.NET also reads strings in single quotes, names without quotes, and comments.
class StrictReader : JsonTextReader {
    public StrictReader(string text) : base(new StringReader(text)) {
        DateParseHandling = DateParseHandling.None;
        MaxDepth = 100;
    }

    public override bool Read() {
        var hasMore = base.Read();
        var isQuoted = TokenType == JsonToken.PropertyName || TokenType == JsonToken.String;
        if (TokenType == JsonToken.Comment || (isQuoted && QuoteChar != '"')) {
            throw new JsonReaderException("only a lenient reader takes it");
        }
        return hasMore;
    }
}

static class WithHttpClient {
    const int Attempts = 3;
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    /// All attempts together take less than a minute.
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);
    const long Unfinished = -4019;
    /// Codes of the error table that ask to come again, or that are transient by nature.
    static readonly long[] Transient = {-71, -195, -196, -5997, -20034, -21095, -29302};
    /// A redirected POST becomes a GET.
    static readonly HttpClient Http = new HttpClient(new HttpClientHandler {AllowAutoRedirect = false}) {Timeout = Timeout};

    static string Word(string name) {
        return Environment.GetEnvironmentVariable("SLICECHECK_" + name) ?? "";
    }

    static int Main() {
        // Neither of the wishes is known here.
        if (Word("OP") != "upload" || Word("SHA") != "" || Word("INSERT_ONLY") != "") return 89;
        try {
            Upload();
            return 0;
        } catch (Exception error) when (error is Lost || error is Refused || error is IOException
            || error is UnauthorizedAccessException) {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    static void Upload() {
        using (var file = new FileStream(Word("FILE"), FileMode.Open, FileAccess.Read)) {
            var size = file.Length;
            var granted = Begin(size);
            var session = Text(granted["session"]);
            if (session == null) return; // an address instead: the object is there already
            // The service's choice, whatever was asked for. Without one it is not for us to guess.
            var step = Number(granted["slice_size"]) ?? 0;
            if (step <= 0) throw new Refused(0, "no slice size was granted");
            var held = Held(granted);
            for (long offset = 0; offset < size; offset += step) {
                var length = Math.Min(step, size - offset);
                if (held.Contains(Tuple.Create(offset, length))) continue;
                var content = Read(file, offset, checked((int) length));
                var at = offset;
                Persist(() => Send(session, at, content));
            }
            Persist(() => {
                var data = Call(null, "op", "upload_slice_finish", "session", session, "filesize", size);
                if (Text(data["access_url"]) == null) throw new Lost("finish succeeded without an address");
                return data;
            });
        }
    }

    static byte[] Read(Stream file, long offset, int length) {
        var content = new byte[length];
        file.Position = offset;
        for (int had = 0, more; had < length; had += more) {
            more = file.Read(content, had, length - had);
            if (more == 0) throw new EndOfStreamException("the file has become shorter");
        }
        return content;
    }

    /// The slices that are there already: offset and length.
    static ISet<Tuple<long, long>> Held(JObject granted) {
        var held = new HashSet<Tuple<long, long>>();
        foreach (var part in (granted["listparts"] as JArray ?? new JArray()).OfType<JObject>()) {
            var (offset, length) = (Number(part["offset"]), Number(part["datalen"]));
            if (offset != null && length != null) held.Add(Tuple.Create(offset.Value, length.Value));
        }
        return held;
    }

    /// Opens an upload, or takes up the one that is open.
    static JObject Begin(long size) {
        try {
            return SessionOrAddress("op", "upload_slice_init", "filesize", size, "slice_size", Word("SLICE_SIZE"));
        } catch (Refused refused) when (refused.Code == Unfinished) {
            var granted = SessionOrAddress("op", "upload_slice_list");
            if ((Number(granted["filesize"]) ?? size) == size) return granted;
            throw new Refused(Unfinished, "an upload of another file is open");
        }
    }

    static JObject SessionOrAddress(params object[] fields) {
        return Persist(() => {
            var data = Call(null, fields);
            var hasSession = !string.IsNullOrEmpty(Text(data["session"]));
            if (!hasSession && Text(data["access_url"]) == null) throw new Lost("neither a session nor an address");
            return data;
        });
    }

    static JObject Send(string session, long offset, byte[] content) {
        var data = Call(content, "op", "upload_slice_data", "session", session, "offset", offset);
        var isSame = Text(data["session"]) == session && Number(data["offset"]) == offset
            && Number(data["datalen"]) == content.Length;
        if (!isSame) throw new Lost("another slice is acknowledged: " + data);
        using (var md5 = MD5.Create()) {
            var digest = string.Concat(md5.ComputeHash(content).Select(each => each.ToString("x2")));
            // Replies of 2016 have none.
            if ((data["datamd5"] ?? digest).ToString() != digest) throw new Lost("other bytes are acknowledged");
        }
        return data;
    }

    /// Posts a form of names and values, one after the other, and returns data of a reply whose code is 0.
    static JObject Call(byte[] content, params object[] fields) {
        var form = new MultipartFormDataContent();
        for (var at = 0; at < fields.Length; at += 2) {
            form.Add(new StringContent(fields[at + 1].ToString()), fields[at].ToString());
        }
        if (content != null) form.Add(new ByteArrayContent(content), "filecontent", "slice");
        var path = string.Join("/", Word("KEY").Split('/').Select(Escaped));
        var url = Word("ENDPOINT") + "/files/v2/" + Word("APPID") + "/" + Word("BUCKET") + path;
        var request = new HttpRequestMessage(HttpMethod.Post, url) {Content = form};
        request.Headers.TryAddWithoutValidation("Authorization", Signature());
        var (status, body) = Exchange(request);
        var reply = Parsed(body);
        var code = Number(reply["code"]);
        if (code == null || Transient.Contains(code.Value)) throw new Lost("code " + reply["code"]);
        if (code != 0) throw new Refused(code.Value, "code " + code);
        var data = reply["data"] as JObject;
        if (status != HttpStatusCode.OK || data == null) throw new Lost("status " + status + ", or no data");
        return data;
    }

    static (HttpStatusCode, byte[]) Exchange(HttpRequestMessage request) {
        try {
            using (var response = Http.SendAsync(request).GetAwaiter().GetResult()) {
                return (response.StatusCode, response.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult());
            }
        } catch (Exception error) when (error is HttpRequestException || error is WebException || error is IOException
            || error is TaskCanceledException) {
            throw new Lost(error.ToString());
        }
    }

    static string Escaped(string segment) {
        return string.Concat(Encoding.UTF8.GetBytes(segment).Select(each => {
            var isPlain = each < 128 && (char.IsLetterOrDigit((char) each) || "-._~".IndexOf((char) each) >= 0);
            return isPlain ? ((char) each).ToString() : "%" + each.ToString("X2");
        }));
    }

    static JObject Parsed(byte[] body) {
        try {
            var reader = new StrictReader(new UTF8Encoding(false, true).GetString(body));
            var reply = JToken.ReadFrom(reader) as JObject;
            if (reply == null || reader.Read()) throw new Lost("no JSON object, or more than that");
            return reply;
        } catch (Exception error) when (error is JsonException || error is DecoderFallbackException
            || error is OverflowException) {
            throw new Lost("no JSON: " + error.Message);
        }
    }

    static string Text(JToken value) {
        return value != null && value.Type == JTokenType.String ? (string) value : null;
    }

    /// What is a number in every reply is a string of digits on some pages.
    static long? Number(JToken value) {
        var isNumber = value != null && (value.Type == JTokenType.Integer || value.Type == JTokenType.String);
        return isNumber && long.TryParse(value.ToString(), out var number) ? number : (long?) null;
    }

    /// Does what may succeed the next time up to three times.
    static JObject Persist(Func<JObject> attempt) {
        for (var left = Attempts - 1;; left--) {
            try {
                return attempt();
            } catch (Lost) when (left > 0) {}
            Thread.Sleep(Pause);
        }
    }

    static string Signature() {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var clear = Encoding.UTF8.GetBytes("a=" + Word("APPID") + "&b=" + Word("BUCKET") + "&k=" + Word("SECRET_ID")
            + "&e=" + (now + 600) + "&t=" + now + "&r=" + new Random().Next() + "&f=");
        using (var mac = new HMACSHA1(Encoding.UTF8.GetBytes(Word("SECRET_KEY")))) {
            return Convert.ToBase64String(mac.ComputeHash(clear).Concat(clear).ToArray());
        }
    }
}
